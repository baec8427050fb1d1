//! Every migration on a Citus cluster: applied after the tables that are there were distributed, and distributed itself.
//!
//! Of the cluster of `AZOTTE_TEST_CITUS_URL`, without which there is nothing to do.

use azotte_customers::postgres::{
    distribution,
    migrations::{MIGRATOR, migrate},
};
use sqlx::{Connection, PgConnection};

use crate::database::{self, citus, execute};

/// The first migration after which there are customers to distribute.
const CUSTOMERS: i64 = 20_261_121_000_200;

#[tokio::test]
#[ignore = "needs a Citus cluster: AZOTTE_TEST_CITUS_URL=… cargo test --test migrations citus -- --ignored"]
async fn every_migration_applies_after_the_distribution() {
    let url = empty().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for migration in MIGRATOR.iter().filter(|migration| migration.version <= CUSTOMERS) {
        MIGRATOR.run_to(migration.version, &mut connection).await.unwrap();
    }
    distribution::finish(&mut connection).await.unwrap();

    migrate(&url.parse().unwrap()).await.unwrap();

    let tables = distribution::read(&mut connection).await.unwrap().unwrap();
    assert_eq!(tables.on_one_node, [""; 0]);
    assert_eq!(tables.copied, ["admin_events", "tenant_domains", "tenants"]);
    assert!(tables.by_tenant.len() >= 9, "{:?}", tables.by_tenant);
    assert_eq!(invalid_indexes(&mut connection).await, 0);
}

#[tokio::test]
#[ignore = "needs a Citus cluster: AZOTTE_TEST_CITUS_URL=… cargo test --test migrations citus -- --ignored"]
async fn a_table_of_a_later_migration_is_distributed_and_a_second_time_changes_nothing() {
    let url = database::create().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    execute(
        &mut connection,
        "create table orders (
            tenant_id uuid not null, number bigint not null, customer_number bigint not null,
            constraint orders_pkey primary key (tenant_id, number),
            constraint orders_customer_number_fkey foreign key (tenant_id, customer_number) references customers (tenant_id, number)
        );
        create table currencies (code text not null, constraint currencies_pkey primary key (code));",
    )
    .await;
    assert_eq!(on_one_node(&mut connection).await, ["currencies", "orders"]);

    migrate(&url.parse().unwrap()).await.unwrap();
    distribution::finish(&mut connection).await.unwrap();

    assert_eq!(on_one_node(&mut connection).await, [""; 0]);
    let tables = distribution::read(&mut connection).await.unwrap().unwrap();
    assert!(tables.by_tenant.contains(&"orders".to_owned()), "{:?}", tables.by_tenant);
    assert!(tables.copied.contains(&"currencies".to_owned()), "{:?}", tables.copied);
}

/// A database of the cluster without a table.
async fn empty() -> String {
    let url = citus::url().expect("AZOTTE_TEST_CITUS_URL");
    let name = database::fresh_name();
    citus::Nodes::behind(&url).await.create_empty(&name).await;
    database::with_database(&url, &name)
}

async fn on_one_node(connection: &mut PgConnection) -> Vec<String> {
    distribution::read(connection).await.unwrap().unwrap().on_one_node
}

async fn invalid_indexes(connection: &mut PgConnection) -> i64 {
    let look = "select count(*) from pg_index where not indisvalid";
    sqlx::query_scalar(look).fetch_one(connection).await.unwrap()
}
