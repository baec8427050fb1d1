//! One id ties the answer, its envelope and the audit trail together.

use serde_json::json;
use uuid::Uuid;

use crate::support::{Client, Server, bodies::customer};

const SENT: &str = "0190a000-0000-7000-8000-000000000001";

#[tokio::test]
async fn a_uuid_is_echoed_on_every_answer_and_in_the_envelope() {
    let server = Server::start().await;
    let acme = server.acme.with("x-correlation-id", SENT);

    assert_eq!(acme.validate("crm-1").await.header("x-correlation-id"), Some(SENT));
    let refused = acme.validate("").await;
    assert_eq!(refused.header("x-correlation-id"), Some(SENT));
    assert_eq!(refused.json()["status"]["correlationId"], SENT);
    let stranger = Client::stranger(server.address).with("x-correlation-id", SENT).validate("crm-1").await;
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.header("x-correlation-id"), Some(SENT));
    let nowhere = acme.send(reqwest::Method::GET, "/nothing", "").await;
    assert_eq!(nowhere.json()["status"]["correlationId"], SENT);
}

#[tokio::test]
async fn an_upper_case_uuid_is_the_same_uuid() {
    let server = Server::start().await;

    let reply = server.acme.with("x-correlation-id", &SENT.to_uppercase()).validate("crm-1").await;

    assert!(reply.header("x-correlation-id").unwrap().eq_ignore_ascii_case(SENT));
}

#[tokio::test]
async fn anything_else_is_replaced_by_a_fresh_uuid_of_version_7() {
    let server = Server::start().await;
    let not_uuids = [
        "",
        "42",
        "order-4711",
        "0190a00000007000800000000000000",
        "{0190a000-0000-7000-8000-000000000001}",
        "urn:uuid:0190a000-0000-7000-8000-000000000001",
        "0190a000-0000-7000-8000-00000000000g",
    ];
    let mut clients: Vec<_> = not_uuids.map(|sent| server.acme.with("x-correlation-id", sent)).into();
    clients.push(server.acme.clone());
    clients.push(server.acme.with("x-correlation-id", SENT).adding("x-correlation-id", SENT));

    let mut seen = Vec::new();
    for client in clients {
        for client in [client.clone(), client.without("x-api-key")] {
            let reply = client.validate("crm-1").await;
            let id: Uuid = reply.header("x-correlation-id").unwrap().parse().unwrap();
            assert_eq!(id.get_version_num(), 7);
            assert!(!seen.contains(&id));
            seen.push(id);
        }
    }
}

#[tokio::test]
async fn the_minted_id_is_the_one_of_the_envelope_and_of_the_event() {
    let server = Server::start().await;

    let refused = server.acme.validate("").await;
    assert_eq!(refused.header("x-correlation-id"), refused.json()["status"]["correlationId"].as_str());

    let stored = server.acme.store(&customer("crm-1")).await;
    let id: Uuid = sqlx::query_scalar("select correlation_id from customer_events")
        .fetch_one(&server.pool)
        .await
        .unwrap();
    assert_eq!(stored.header("x-correlation-id"), Some(id.to_string().as_str()));
    assert_eq!(stored.json()["status"], json!({ "messageCode": "SUCCESS" }));
}

/// Its work may be done by another task.
#[tokio::test]
async fn a_failure_under_an_idempotency_key_names_the_id_of_its_request() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    let refused = server.acme.with("idempotency-key", "key-1").store(&customer("crm-1")).await;

    assert_eq!(refused.status, 409);
    assert_eq!(refused.header("x-correlation-id"), refused.json()["status"]["correlationId"].as_str());
}
