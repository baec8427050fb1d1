//! Bulk, where the database refuses, a row is held, or nobody answers: one line's trouble is no other's.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::bulk::{delete, outcomes, store, update, upsert};
use crate::support::{
    Reply, Server,
    bodies::{customer, customer_with},
    canaries::Canaries,
    partners,
};

fn codes(reply: &Reply) -> Vec<String> {
    outcomes(reply).into_iter().map(|(_, code)| code).collect()
}

#[tokio::test]
async fn what_the_database_refuses_of_one_line_fails_alone() {
    let server = Server::start().await;
    for n in 0..20 {
        server.acme.store(&customer(&format!("known-{n}"))).await;
    }
    let rule = "alter table customers add constraint customers_house_check check (first_name <> 'refused')";
    sqlx::query(rule).execute(&server.pool).await.unwrap();
    let mut lines: Vec<_> =
        (0..20).map(|n| update(&format!("known-{n}"), json!({ "firstName": "x" }))).collect();
    lines.extend((0..20).map(|n| store(&format!("new-{n}"), json!({ "firstName": "x" }))));
    for n in [7, 33] {
        lines[n]["customer"]["firstName"] = json!("refused");
    }

    let codes = codes(&server.acme.bulk(&lines).await);

    for (n, code) in codes.iter().enumerate() {
        let expected = if [7, 33].contains(&n) { "SQL_DATABASE_FAILURE" } else { "SUCCESS" };
        assert_eq!(code, expected, "line {}", n + 1);
    }
    assert_eq!(server.counts().await, (39, 20 + 19 + 19));
}

#[tokio::test]
async fn a_row_that_others_hold_keeps_only_its_own_line_from_being_done() {
    let server = Server::start_with(&["--db-lock-timeout-ms", "200"]).await;
    for n in 0..20 {
        server.acme.store(&customer(&format!("crm-{n}"))).await;
    }
    let mut session = PgConnection::connect(&server.database_url).await.unwrap();
    let hold = "begin; update customers set version = version where external_id in ('crm-3', 'crm-15')";
    sqlx::raw_sql(hold).execute(&mut session).await.unwrap();
    let mut lines: Vec<_> =
        (0..20).map(|n| upsert(&format!("crm-{n}"), json!({ "firstName": "x" }))).collect();
    lines[15] = delete("crm-15");

    let reply = server.acme.bulk(&lines).await;

    for (n, code) in codes(&reply).iter().enumerate() {
        let expected = if [3, 15].contains(&n) { "SERVICE_UNAVAILABLE" } else { "SUCCESS" };
        assert_eq!(code, expected, "line {}", n + 1);
    }
    sqlx::raw_sql("rollback").execute(&mut session).await.unwrap();
    assert_eq!(codes(&server.acme.bulk(&lines).await), ["SUCCESS"; 20]);
}

/// As long as somebody claims an identity, the tenant cannot be claimed as a whole.
#[tokio::test]
async fn beside_a_writer_that_does_not_end_lines_go_alone() {
    let server = Server::start_with(&["--db-lock-timeout-ms", "100"]).await;
    server.acme.store(&customer_with("a", json!({ "email": "a@example.com" }))).await;
    let mut session = PgConnection::connect(&server.database_url).await.unwrap();
    let hold = "select pg_advisory_lock_shared($1)";
    sqlx::query(hold).bind(tenant_key()).execute(&mut session).await.unwrap();

    let reply =
        server.acme.bulk(&[store("b", json!({})), update("a", json!({ "email": "b@example.com" }))]).await;

    assert_eq!(codes(&reply), ["SUCCESS"; 2]);
}

/// As `postgres/customers/identity_locks.rs` makes it.
fn tenant_key() -> i64 {
    use sha2::{Digest, Sha256};
    let tenant = azotte_customers::sandbox::seed::TENANT_ID.0;
    let digest = Sha256::new().chain_update("tenant").chain_update(tenant).finalize();
    i64::from_be_bytes(digest[..8].try_into().unwrap())
}

#[tokio::test]
async fn without_the_database_each_line_says_so() {
    let server = Server::start().await;
    server.acme.info("exId=crm-1").await;
    server.connections.close().await;

    let wrong = store("c", json!({ "email": "no" }));
    let reply = server.acme.bulk(&[store("a", json!({})), wrong, store("b", json!({}))]).await;

    assert_eq!(codes(&reply), ["SERVICE_UNAVAILABLE", "INVALID_REQUEST", "SERVICE_UNAVAILABLE"]);
}

const CANARIES: Canaries = Canaries::new("zaunkoenig", "+4930271828182");

/// Row, partner side and kept replies, as `delete` does.
#[tokio::test]
async fn a_line_that_erases_leaves_nothing_of_the_person_anywhere() {
    let server = Server::start().await;
    let keyed = server.acme.with("idempotency-key", "one");
    assert_eq!(keyed.store(&CANARIES.body()).await.status, 200);
    server.acme.with("idempotency-key", "two").store(&CANARIES.body()).await;
    assert!(CANARIES.found_in(&server.pool).await.iter().all(|found| *found > 0));

    let reply = server.acme.bulk(&[delete(&CANARIES.external_id()), delete("nobody")]).await;

    assert_eq!(codes(&reply), ["SUCCESS", "CUSTOMER_NOT_FOUND"]);
    assert_eq!(CANARIES.found_in(&server.pool).await, [0, 0]);
    assert!(!reply.text().to_lowercase().contains("zaunkoenig"));
    assert_eq!(keyed.store(&CANARIES.body()).await.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn partners_customers_are_erased_by_lines_as_by_calls() {
    let server = Server::start().await;
    server.add_partners(azotte_customers::sandbox::seed::TENANT_ID.0).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let contact = json!({ "email": format!("{n}@example.com"), "phone": format!("+4917012345{n}") });
        ids.push(
            server
                .csp()
                .created(&partners::customer_with(&format!("Company {n}"), contact))
                .await
                .to_string(),
        );
    }

    let reply = server.acme.bulk(&ids[..2].iter().map(|id| delete(id)).collect::<Vec<_>>()).await;

    assert_eq!(codes(&reply), ["SUCCESS"; 2]);
    let left = "select count(*) from partner_customers where partner_id::text = any($1)";
    let left: i64 = sqlx::query_scalar(left).bind(&ids).fetch_one(&server.pool).await.unwrap();
    assert_eq!(left, 1, "ids of the erased ones are others now");
    let names = "select count(distinct partner_id) from partner_customers";
    let names: i64 = sqlx::query_scalar(names).fetch_one(&server.pool).await.unwrap();
    assert_eq!(names, 3, "and each has its own");
}
