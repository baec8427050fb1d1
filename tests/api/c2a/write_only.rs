//! No scope implies another: who may write and not read is shown what it needs to write on, and no more.

use azotte_customers::{domain::scope::Scope, sandbox::seed::TENANT_ID};
use serde_json::{Value, json};

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer},
};

const NAME: &str = "Jane Secret";

/// A key that writes, beside the sample key, which may do everything.
async fn writer(server: &Server) -> Client {
    server.key(TENANT_ID.0, &[Scope::CustomerWrite]).await.1
}

/// The names in `result`.
fn shown(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["result"].as_object().unwrap().keys().cloned().collect()
}

async fn stored_by_another(server: &Server) -> String {
    let mut body = customer("crm-1");
    body["customer"]["firstName"] = json!(NAME);
    server.acme.store(&body).await.urn()
}

#[tokio::test]
async fn an_update_shows_urn_and_version_alone() {
    let server = Server::start().await;
    let writer = writer(&server).await;
    let urn = stored_by_another(&server).await;

    for body in [
        change(&urn, json!({ "lastName": "Doe" })),
        json!({ "customer": { "externalIdentifier": "crm-1" } }),
        change(&urn, json!({ "lastName": "Doe" })),
    ] {
        let reply = writer.update(&body).await;
        assert_eq!(shown(&reply), ["customerUrn", "version"]);
        assert!(!reply.text().contains(NAME), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_store_shows_urn_and_version_alone() {
    let server = Server::start().await;

    let reply = writer(&server).await.store(&customer("crm-1")).await;

    assert_eq!(shown(&reply), ["customerUrn", "version"]);
    assert_eq!(reply.json()["result"]["version"], 1);
    assert_eq!(reply.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn a_kept_reply_shows_no_more_than_its_caller_may_read() {
    let server = Server::start().await;
    let writer = writer(&server).await.with("idempotency-key", "one");
    let urn = stored_by_another(&server).await;
    let body = change(&urn, json!({ "lastName": "Doe" }));

    let replies = [writer.update(&body).await, writer.update(&body).await];

    assert_eq!(replies[1].header("idempotent-replayed"), Some("true"));
    for reply in replies {
        assert_eq!(shown(&reply), ["customerUrn", "version"]);
    }
}

#[tokio::test]
async fn a_conflict_names_no_holder() {
    let server = Server::start().await;
    let writer = writer(&server).await;
    stored_by_another(&server).await;

    let reply = writer.store(&customer("crm-1")).await;

    assert_eq!(reply.outcome(), (409, "CUSTOMER_ALREADY_STORED".to_owned()));
    assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"], Value::Null);
}

/// The control: the same answers to a key that may read.
#[tokio::test]
async fn who_may_read_is_shown_the_record() {
    let server = Server::start().await;
    let urn = stored_by_another(&server).await;

    let reply = server.acme.update(&change(&urn, json!({ "lastName": "Doe" }))).await;

    assert_eq!(reply.json()["result"]["firstName"], NAME);
}
