//! How PostgreSQL executes the statements of customers: by an index, whatever the values and however many there are.
//!
//! Lanes force the generic plan, so it is the one that is looked at here.

use azotte_customers::postgres::customers;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::database;

const CUSTOMERS: &str = "
    insert into tenants (id, name) select gen_random_uuid(), 'tenant ' || n from generate_series(1, 5) as n;
    insert into customers (tenant_id, number, external_id, email, email_key, legal_type, country_code, language_code, status)
    select id, n, 'crm-' || n, n || '@example.com', n || '@example.com', 'Individual', 'DE', 'de', 'Active'
    from tenants, generate_series(1, 4000) as n;
    analyze customers;
    set plan_cache_mode = force_generic_plan";

#[tokio::test]
async fn every_statement_on_whole_customers_goes_by_an_index() {
    let mut connection = filled().await;
    let statements = customers::statements();
    assert!(statements.len() > 8, "{}", statements.len());

    for statement in statements {
        let plan = plan(&mut connection, statement).await;
        assert!(!plan.contains("Seq Scan on customers"), "{statement}\n{plan}");
    }
}

#[tokio::test]
async fn a_statement_that_reads_the_whole_table_is_found() {
    let mut connection = filled().await;

    let plan =
        plan(&mut connection, "select number from customers where tenant_id = $1 and last_name = $2").await;

    assert!(plan.contains("Seq Scan on customers") || plan.contains("Filter: (last_name"), "{plan}");
}

async fn filled() -> PgConnection {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();
    sqlx::raw_sql(CUSTOMERS).execute(&mut connection).await.unwrap();
    connection
}

/// The plan for any values.
async fn plan(connection: &mut PgConnection, statement: &str) -> String {
    let prepare = format!("prepare looked_at as {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let types: Vec<String> = sqlx::query_scalar(
        "select unnest(parameter_types)::text from pg_prepared_statements where name = 'looked_at'",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let nothing: Vec<_> = types.iter().map(|name| format!("null::{name}")).collect();
    let explain = format!("explain execute looked_at({})", nothing.join(", "));
    let lines = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
    sqlx::raw_sql("deallocate looked_at").execute(connection).await.unwrap();
    lines.iter().map(|line| line.get::<String, _>(0) + "\n").collect()
}
