//! A partner's customer is a C2A customer: the same record, seen through the other door.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server, bodies,
    partners::{customer, customer_with},
};

#[tokio::test]
async fn c2a_finds_the_customer_as_a_company() {
    let server = Server::with_partners().await;
    let further = json!({
        "taxId": "PT 501",
        "addressLine2": "2.º",
        "middleName": "Maria",
        "phone": "+351 921 231 231",
        "internalIdentifier": "7",
    });
    let id = server.csp().created(&customer_with("ana", further)).await;

    let reply = server.acme.info(&format!("exId={id}")).await;

    assert_eq!(reply.status, 200);
    let found = &reply.json()["result"];
    for (property, expected) in [
        ("externalIdentifier", json!(id)),
        ("legalType", json!("Corporate")),
        ("corporationInfo", json!({ "companyName": "ana Lda", "taxNumber": "PT 501" })),
        ("email", json!("ana@example.com")),
        ("phoneNumber", json!("+351921231231")),
        ("firstName", json!("Ana")),
        ("lastName", json!("Silva")),
        (
            "primaryBillingAddress",
            json!({
                "street": "Rua Augusta 1",
                "street2": "2.º",
                "city": "Lisboa",
                "state": "Lisboa",
                "postalCode": "1100-048",
                "countryCode": "PT",
            }),
        ),
        ("status", json!("Active")),
        ("version", json!(1)),
    ] {
        assert_eq!(found[property], expected, "{property}");
    }
    assert_eq!(found["claimedRegion"]["countryCode"], "PT");
}

#[tokio::test]
async fn contacts_that_are_only_text_are_not_shown_to_c2a() {
    let server = Server::with_partners().await;
    let id =
        server.csp().created(&customer_with("ana", json!({ "email": "string", "phone": "string" }))).await;

    let found = server.acme.info(&format!("exId={id}")).await.json();
    let read = server.csp().get(id).await.json();

    assert_eq!((found["result"].get("email"), found["result"].get("phoneNumber")), (None, None));
    assert_eq!((&read["email"], &read["phone"]), (&json!("string"), &json!("string")));
}

#[tokio::test]
async fn what_c2a_corrects_partners_read() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&customer_with("ana", json!({ "phone": "921231231" }))).await;
    let urn = server.acme.info(&format!("exId={id}")).await.urn();
    let corrected = json!({
        "phoneNumber": "+351 921 231 231",
        "lastName": "Santos",
        "firstName": null,
        "corporationInfo": { "companyName": "Santos Lda" },
    });

    assert_eq!(server.acme.update(&bodies::change(&urn, corrected)).await.status, 200);

    let read = server.csp().get(id).await.json();
    let expected = json!(["+351921231231", "Santos", null, "Santos Lda", null]);
    assert_eq!(pick(&read, &["phone", "lastName", "firstName", "companyName", "taxId"]), expected);
}

#[tokio::test]
async fn what_c2a_stored_is_none_of_the_partners() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    assert_eq!(server.acme.store(&bodies::company(&id.to_string())).await.status, 200);

    assert_eq!(server.csp().get(id).await.status, 404);
    assert_eq!(server.csp().erase(id).await.status, 404);
    assert_eq!(server.csp().list("").await.json()["totalCount"], 0);
}

#[tokio::test]
async fn another_tenants_backend_finds_nothing() {
    let server = Server::with_partners().await;
    let other = server.tenant("other").await;

    let id = server.csp().created(&customer("ana")).await;

    let reply = other.client.info(&format!("exId={id}")).await;
    assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
}

fn pick(object: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| object[name].clone()).collect()
}
