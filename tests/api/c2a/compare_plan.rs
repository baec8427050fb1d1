//! How PostgreSQL reads a range: along the unique index of external ids, tenant first, and no more than the range.

use std::fs;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::support::{Server, skipped};

const NO_PLAN: &str = "the plan that is looked at is the coordinator's, which has no index";
const INDEX: &str = "Index Scan using customers_tenant_id_external_id_key on public.customers";

#[tokio::test]
async fn a_range_is_read_by_the_unique_index() {
    if skipped::on_citus(NO_PLAN) {
        return;
    }
    let server = filled().await;

    for (part, condition) in [
        (
            "as span (after, up_to, place)",
            "Index Cond: ((customers.tenant_id = $1) AND (customers.external_id > span.after) AND (customers.external_id <= span.up_to))",
        ),
        (
            "number as customer_number,",
            "Index Cond: ((customers.tenant_id = $1) AND (customers.external_id > $2) AND (customers.external_id <= $3))",
        ),
    ] {
        let plan = plan(&server, part).await;
        assert!(plan.contains(INDEX) && plan.contains(condition), "{plan}");
        assert!(!plan.contains("Filter: ") && !plan.contains("Sort Key: customers"), "{plan}");
    }
}

#[tokio::test]
async fn without_the_index_it_would_be_noticed() {
    if skipped::on_citus(NO_PLAN) {
        return;
    }
    let server = filled().await;
    sqlx::raw_sql("drop index customers_tenant_id_external_id_key").execute(&server.pool).await.unwrap();

    let plan = plan(&server, "as span (after, up_to, place)").await;

    assert!(!plan.contains(INDEX) && plan.contains("Filter: "), "{plan}");
}

async fn filled() -> Server {
    let server = Server::start().await;
    server.many(20_000).await;
    sqlx::raw_sql("analyze customers").execute(&server.pool).await.unwrap();
    server
}

/// The plan, for any values, of the statement that has this in it.
async fn plan(server: &Server, part: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/.sqlx");
    let statements = fs::read_dir(folder).unwrap().map(|entry| {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["query"].as_str().unwrap().to_owned()
    });
    let found: Vec<_> = statements.filter(|statement| statement.contains(part)).collect();
    let [statement] = &found[..] else { panic!("{} statements: {part}", found.len()) };

    let mut connection = PgConnection::connect(&server.database_url).await.unwrap();
    let prepare = format!("set plan_cache_mode = force_generic_plan; prepare looked_at as {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
    let types: Vec<String> = sqlx::query_scalar(
        "select unnest(parameter_types)::text from pg_prepared_statements where name = 'looked_at'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let nothing: Vec<_> = types.iter().map(|name| format!("null::{name}")).collect();
    let explain = format!("explain (verbose) execute looked_at({})", nothing.join(", "));
    let lines = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
    lines.iter().map(|line| line.get::<String, _>(0) + "\n").collect()
}
