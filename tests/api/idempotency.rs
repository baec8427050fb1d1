//! `Idempotency-Key`: a request sent again is answered again, and not done again.

use azotte_customers::domain::scope::Scope;
use serde_json::{Value, json};

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer},
    parallel::all_at_once,
};

#[tokio::test]
async fn a_store_sent_again_is_answered_byte_for_byte_and_stores_nothing() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "order-1");

    let first = client.store(&customer("crm-1")).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("idempotent-replayed"), None);
    let before = server.counts().await;

    let again = client.store(&customer("crm-1")).await;
    assert_replayed(&first, &again);
    assert_eq!(server.counts().await, before);

    let without_a_key = server.acme.store(&customer("crm-1")).await;
    assert_eq!(without_a_key.outcome(), (409, "CUSTOMER_ALREADY_STORED".into()), "the control");
}

#[tokio::test]
async fn the_same_request_may_be_spelled_differently() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "order-1");
    let path = "/api/c2a/customer/store";
    let region = r#""claimedRegion": {"languageCode": "de", "countryCode": "DE"}"#;

    let first =
        client.post(path, &format!(r#"{{"customer": {{"externalIdentifier": "crm-ä"}}, {region}}}"#)).await;
    let again = client
        .post(
            "/api/v1/c2a/customer/store",
            &format!(r#"{{{region},"customer":{{"externalIdentifier":"crm-\u00e4"}}}}"#),
        )
        .await;

    assert_eq!(first.status, 200);
    assert_replayed(&first, &again);
}

#[tokio::test]
async fn another_content_under_the_same_key_is_refused() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "order-1");
    client.store(&customer("crm-1")).await;
    let before = server.counts().await;

    let other = client.store(&customer("crm-2")).await;

    assert_eq!(other.outcome(), (422, "IDEMPOTENCY_KEY_REUSED".into()));
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn a_key_is_one_for_each_operation_and_each_tenant() {
    let server = Server::start().await;
    let globex = server.tenant("globex").await.client;

    let stored = server.acme.with("idempotency-key", "1").store(&customer("crm-1")).await;
    let update = change(&stored.urn(), json!({ "firstName": "Jane" }));
    let updated = server.acme.with("idempotency-key", "1").update(&update).await;
    let elsewhere = globex.with("idempotency-key", "1").store(&customer("crm-2")).await;

    for reply in [&stored, &updated, &elsewhere] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("idempotent-replayed"), None);
    }
    assert_ne!(stored.urn(), elsewhere.urn());
}

#[tokio::test]
async fn an_update_is_done_once_and_its_reply_stays_what_it_was() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let client = server.acme.with("idempotency-key", "rename");
    let jane = change(&urn, json!({ "firstName": "Jane" }));

    let first = client.update(&jane).await;
    server.acme.update(&change(&urn, json!({ "firstName": "Joan" }))).await;
    let again = client.update(&jane).await;

    assert_replayed(&first, &again);
    let now = server.acme.info(&format!("urn={urn}")).await.json();
    assert_eq!(
        (now["result"]["firstName"].as_str(), now["result"]["version"].as_i64()),
        (Some("Joan"), Some(3))
    );
}

#[tokio::test]
async fn a_conflict_and_a_miss_are_kept_too() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "1");
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    let conflict = client.store(&customer("crm-1")).await;
    assert_eq!(conflict.status, 409);
    server.acme.update(&change(&urn, json!({ "externalIdentifier": "crm-2" }))).await;
    assert_replayed(&conflict, &client.store(&customer("crm-1")).await);

    let nobody = change("cu.00.482", json!({ "firstName": "Jane" }));
    let miss = client.update(&nobody).await;
    assert_eq!(miss.status, 404);
    assert_replayed(&miss, &client.update(&nobody).await);
}

#[tokio::test]
async fn what_was_refused_before_it_began_can_be_mended_under_the_same_key() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "1");

    let invalid = client.store(&json!({ "customer": {} })).await;
    assert_eq!(invalid.status, 400);

    let mended = client.store(&customer("crm-1")).await;
    assert_eq!((mended.status.as_u16(), mended.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn a_failure_of_ours_is_not_kept() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "1");
    let rule = "alter table customers add constraint customers_house_check check (external_id <> 'crm-1')";
    sqlx::query(rule).execute(&server.pool).await.unwrap();
    assert_eq!(client.store(&customer("crm-1")).await.status, 500);

    sqlx::query("alter table customers drop constraint customers_house_check")
        .execute(&server.pool)
        .await
        .unwrap();
    let again = client.store(&customer("crm-1")).await;

    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, None));
    assert_eq!(server.counts().await, (1, 1));
}

#[tokio::test]
async fn of_many_at_once_one_acts_and_the_others_wait_their_turn() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "1");

    let replies = all_at_once((0..50).map(|_| {
        let client = client.clone();
        async move { client.store(&customer("crm-1")).await }
    }))
    .await;

    let acted =
        replies.iter().filter(|reply| reply.status == 200 && reply.header("idempotent-replayed").is_none());
    assert_eq!(acted.count(), 1);
    for reply in &replies {
        let expected = [(200, "SUCCESS".to_owned()), (409, "IDEMPOTENCY_IN_PROGRESS".to_owned())];
        assert!(expected.contains(&reply.outcome()), "{:?}", reply.outcome());
    }
    assert_eq!(server.counts().await, (1, 1));
}

#[tokio::test]
async fn erasure_takes_the_replies_and_a_late_retry_creates_nothing() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "hummingbird-key");
    let body = json!({
        "customer": { "externalIdentifier": "crm-hummingbird", "email": "hummingbird@example.com" },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    });
    let urn = client.store(&body).await.urn();
    assert_ne!(traces(&server, "hummingbird").await, 0, "the control");

    let erase = json!({ "externalIdentifier": "crm-hummingbird" });
    let erased = client.delete(&erase).await;
    assert_eq!(erased.status, 200);

    assert_eq!(traces(&server, "hummingbird").await, 0);
    let kept = "select operation from idempotency_records where fingerprint is not null or salt is not null";
    let kept: Vec<String> = sqlx::query_scalar(kept).fetch_all(&server.pool).await.unwrap();
    assert_eq!(kept, ["c2a.delete"], "that of the erasure itself, which cannot be tried");
    let late = client.store(&body).await;
    assert_eq!(late.outcome(), (404, "CUSTOMER_NOT_FOUND".into()));
    assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 404);
    assert_eq!(server.counts().await.0, 1);
    assert_replayed(&erased, &client.delete(&erase).await);
}

#[tokio::test]
async fn a_reply_is_for_those_who_would_have_got_the_same() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let (_, blind) = server.key(acme(), &[Scope::CustomerWrite]).await;

    let shown = server.acme.with("idempotency-key", "1").store(&customer("crm-1")).await;
    let hidden = blind.with("idempotency-key", "1").store(&customer("crm-1")).await;

    assert_eq!(shown.json()["status"]["errors"][0]["customerUrn"], urn);
    assert_eq!(hidden.outcome(), (422, "IDEMPOTENCY_KEY_REUSED".into()));
    assert!(!hidden.text().contains(&urn));
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let server = Server::start().await;

    for client in wrong_keys(&server.acme) {
        let reply = client.store(&customer("crm-1")).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".into()));
        assert_eq!(reply.errors(), [("Idempotency-Key".to_owned(), "INVALID_IDEMPOTENCY_KEY".to_owned())]);
    }
    assert_eq!(
        server.acme.with("idempotency-key", &"k".repeat(255)).store(&customer("crm-1")).await.status,
        200
    );
}

#[tokio::test]
async fn an_expired_reply_is_as_good_as_none_and_is_swept() {
    let server = Server::start().await;
    let client = server.acme.with("idempotency-key", "1");
    client.store(&customer("crm-1")).await;
    sqlx::query("update idempotency_records set expires_at = now()").execute(&server.pool).await.unwrap();

    let again = client.store(&customer("crm-1")).await;

    assert_eq!(again.outcome(), (409, "CUSTOMER_ALREADY_STORED".into()));
    assert_eq!(again.header("idempotent-replayed"), None);
}

fn acme() -> uuid::Uuid {
    azotte_customers::sandbox::seed::TENANT_ID.0
}

fn wrong_keys(client: &Client) -> Vec<Client> {
    vec![
        client.with("idempotency-key", ""),
        client.with("idempotency-key", "a b"),
        client.with("idempotency-key", &"k".repeat(256)),
        client.with("idempotency-key", "a").adding("idempotency-key", "b"),
    ]
}

pub fn assert_replayed(first: &Reply, again: &Reply) {
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["content-type", "etag"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
}

/// How often a text stands anywhere in the tables, as text or in bytes.
async fn traces(server: &Server, text: &str) -> i64 {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
            .fetch_all(&server.pool)
            .await
            .unwrap();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = 0;
    for table in tables {
        let rows = sqlx::AssertSqlSafe(format!("select to_jsonb(t) from {table} t"));
        let rows: Vec<Value> = sqlx::query_scalar(rows).fetch_all(&server.pool).await.unwrap();
        let rows = rows.iter().map(Value::to_string);
        found += rows.filter(|row| row.contains(text) || row.contains(&hex)).count() as i64;
    }
    found
}
