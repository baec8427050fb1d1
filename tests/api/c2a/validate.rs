//! C2A-01-01: is this external id free?

use serde_json::json;

use crate::support::{
    Server,
    bodies::{change, customer},
};

#[tokio::test]
async fn an_external_id_is_free_until_it_is_stored_and_again_after_erasure() {
    let server = Server::start().await;

    let free = server.acme.validate("crm-1").await;
    assert_eq!(free.status, 200);
    assert_eq!(free.json(), json!({ "isAvailable": true, "status": { "messageCode": "SUCCESS" } }));

    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let taken = server.acme.validate("crm-1").await;
    assert_eq!(taken.status, 200);
    assert_eq!(taken.json(), json!({ "isAvailable": false, "status": { "messageCode": "SUCCESS" } }));

    server.acme.delete(&json!({ "customerUuid": urn })).await;
    assert_eq!(server.acme.validate("crm-1").await.json()["isAvailable"], true);
}

#[tokio::test]
async fn it_says_free_exactly_where_store_would_not_say_already_stored() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    server.acme.store(&customer("Müller")).await;
    server.acme.update(&change(&urn, json!({ "externalIdentifier": "crm-2" }))).await;

    // The last one is `Müller` with a combining diaeresis: other bytes.
    for external_id in ["crm-1", "crm-2", "CRM-2", "crm-2/", "Müller", "Mu\u{308}ller"] {
        let is_available = server.acme.validate(external_id).await.json()["isAvailable"].as_bool().unwrap();
        let (_, code) = server.acme.store(&customer(external_id)).await.outcome();
        assert_eq!(is_available, code != "CUSTOMER_ALREADY_STORED", "{external_id}");
    }
}

#[tokio::test]
async fn another_tenants_customer_takes_nothing() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    let reply = server.tenant("other").await.client.validate("crm-1").await;

    assert_eq!(reply.json()["isAvailable"], true);
}

#[tokio::test]
async fn the_id_may_be_named_as_in_a_customer() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    let reply = server.acme.c2a("validate", &json!({ "externalIdentifier": "crm-1" })).await;
    assert_eq!(reply.json()["isAvailable"], false);
    let both = json!({ "externalId": "crm-2", "externalIdentifier": "crm-1" });
    assert_eq!(server.acme.c2a("validate", &both).await.json()["isAvailable"], true);
}

#[tokio::test]
async fn the_rules_of_the_identifier_are_those_of_store() {
    let server = Server::start().await;
    let too_long = "x".repeat(256);
    let cases = [
        ("", "BLANK"),
        (" ", "BLANK"),
        (" crm-1", "SURROUNDING_WHITE_SPACE"),
        ("crm-1\u{a0}", "SURROUNDING_WHITE_SPACE"),
        ("crm\n1", "INVALID_CHARACTERS"),
        (&too_long, "TOO_LONG"),
    ];

    for (external_id, code) in cases {
        let reply = server.acme.validate(external_id).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{external_id:?}");
        assert_eq!(reply.errors(), [("externalId".into(), code.into())]);
        let reply = server.acme.store(&customer(external_id)).await;
        assert_eq!(reply.errors(), [("customer.externalIdentifier".into(), code.into())]);
    }
    assert_eq!(server.acme.validate(&"x".repeat(255)).await.status, 200);
    for nothing in [json!({}), json!({ "externalId": null }), json!({ "unknown": "crm-1" })] {
        let reply = server.acme.c2a("validate", &nothing).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
        assert_eq!(reply.errors(), [("externalId".into(), "REQUIRED".into())]);
    }
}
