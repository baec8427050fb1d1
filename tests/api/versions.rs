//! Versions as entity tags: who names the version it read cannot undo what it has not seen.

use serde_json::json;

use crate::support::{
    Server,
    bodies::{change, customer},
};

#[tokio::test]
async fn every_answer_with_a_customer_tells_its_version() {
    let server = Server::start().await;

    let stored = server.acme.store(&customer("crm-1")).await;
    let updated = server.acme.update(&change(&stored.urn(), json!({ "firstName": "Jane" }))).await;
    let found = server.acme.info("exId=crm-1").await;

    assert_eq!(stored.header("etag"), Some("\"1\""));
    assert_eq!(updated.header("etag"), Some("\"2\""));
    assert_eq!(found.header("etag"), Some("\"2\""));
}

#[tokio::test]
async fn an_update_meant_for_another_version_changes_nothing() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let jane = change(&urn, json!({ "firstName": "Jane" }));
    let before = server.counts().await;

    for stale in ["\"2\"", "\"7\", \"8\"", "W/\"1\"", "\"abc\""] {
        let reply = server.acme.with("if-match", stale).update(&jane).await;
        assert_eq!(reply.outcome(), (412, "VERSION_MISMATCH".into()), "{stale}");
        assert_eq!(reply.header("etag"), Some("\"1\""));
        assert_eq!(reply.json()["status"]["currentVersion"], 1);
    }
    assert_eq!(server.counts().await, before);

    for meant in ["\"1\"", "\"9\", \"2\"", "*"] {
        let reply = server.acme.with("if-match", meant).update(&jane).await;
        assert_eq!(reply.status, 200, "{meant}");
    }
}

#[tokio::test]
async fn of_many_that_read_the_same_version_one_writes() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let client = server.acme.with("if-match", "\"1\"");

    let replies = crate::support::parallel::all_at_once((0..16).map(|number| {
        let (client, body) = (client.clone(), change(&urn, json!({ "firstName": format!("Jane {number}") })));
        async move { client.update(&body).await.status.as_u16() }
    }))
    .await;

    assert_eq!(replies.iter().filter(|status| **status == 200).count(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|status| **status == 412).count(), 15, "{replies:?}");
}

#[tokio::test]
async fn an_erasure_meant_for_another_version_erases_nothing() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let body = json!({ "customerUuid": urn });

    let stale = server.acme.with("if-match", "\"2\"").delete(&body).await;
    assert_eq!(stale.outcome(), (412, "VERSION_MISMATCH".into()));
    assert_eq!(server.acme.info("exId=crm-1").await.status, 200);

    assert_eq!(server.acme.with("if-match", "\"1\"").delete(&body).await.status, 200);
    assert_eq!(server.acme.with("if-match", "\"1\"").delete(&body).await.status, 200, "it is gone already");
}

#[tokio::test]
async fn who_has_the_version_gets_no_body() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    for known in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
        let reply = server.acme.with("if-none-match", known).info("exId=crm-1").await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (304, 0), "{known}");
        assert_eq!(reply.header("etag"), Some("\"1\""));
    }
    assert_eq!(server.acme.with("if-none-match", "\"2\"").info("exId=crm-1").await.status, 200);
    assert_eq!(server.acme.with("if-none-match", "*").info("exId=nobody").await.status, 404);
}

#[tokio::test]
async fn a_tag_that_is_none_is_told() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    for wrong in ["1", "\"1", ""] {
        let reply = server.acme.with("if-match", wrong).update(&change(&urn, json!({}))).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".into()), "{wrong}");
        assert_eq!(reply.errors(), [("If-Match".to_owned(), "INVALID_VERSION".to_owned())]);
    }
}
