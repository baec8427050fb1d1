//! Events from before there were positions get them in the order of their times.

use azotte_customers::{
    domain::tenant::TenantId,
    postgres::{
        feed::place::{BATCH, place},
        migrations::{MIGRATOR, migrate},
    },
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use uuid::{Uuid, uuid};

use crate::empty_database;

const LAST_BEFORE: i64 = 20261127001200;
const TENANT: Uuid = uuid!("00000000-0000-4000-8000-000000000001");
const CUSTOMERS: i64 = 4000;
const VERSIONS: i64 = 5;

#[tokio::test]
async fn old_events_are_placed_in_the_order_of_their_times() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    MIGRATOR.run_to(LAST_BEFORE, &mut connection).await.unwrap();
    let rows = format!(
        "insert into tenants (id, name) values ('{TENANT}', 'globex');
        insert into customers
            (tenant_id, number, external_id, legal_type, country_code, language_code, status)
        select '{TENANT}', number, 'crm-' || number, 'Individual', 'DE', 'de', 'Active'
        from generate_series(1, {CUSTOMERS}) as number;
        -- Ids in another order than times, which are in the order of versions.
        insert into customer_events
            (tenant_id, id, customer_number, version, kind, actor, correlation_id, occurred_at)
        select '{TENANT}', gen_random_uuid(), number, version, 'updated', 'test', gen_random_uuid(),
            timestamptz '2026-01-01' + make_interval(days => version::int, secs => random() * 86000)
        from generate_series(1, {CUSTOMERS}) as number, generate_series(1, {VERSIONS}) as version
        order by random()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&mut connection).await.unwrap();

    migrate(&options).await.unwrap();
    while let Some(1..) = place(&mut connection, TenantId(TENANT), BATCH).await.unwrap() {}

    let look = "select count(position), max(position), count(*) filter (where position <> place)
        from (select position, row_number() over (order by occurred_at, id) as place from customer_events) as events";
    let (placed, last, elsewhere): (i64, i64, i64) =
        sqlx::query_as(look).fetch_one(&mut connection).await.unwrap();
    assert_eq!((placed, last, elsewhere), (CUSTOMERS * VERSIONS, CUSTOMERS * VERSIONS, 0));
}
