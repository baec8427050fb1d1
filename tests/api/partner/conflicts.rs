//! An id, an e-mail address and a phone number are one customer's, whichever surface it came by.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server, bodies,
    partners::{INSTANCE, OTHER_RESELLER, RESELLER, customer, customer_with, rows},
    tokens::Token,
};

fn taken(id: Uuid) -> Value {
    customer_with("ana", json!({ "id": id, "phone": "+351 921 231 231" }))
}

#[tokio::test]
async fn the_same_id_with_other_content_is_a_conflict() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    let first = customer_with("ana", json!({ "id": id, "taxId": "1" }));
    server.csp().created(&first).await;
    let before = rows(&server.pool).await;

    for change in [
        json!({ "companyName": "Other Lda" }),
        json!({ "taxId": "2" }),
        json!({ "taxId": null }),
        json!({ "country": "ES" }),
        json!({ "addressLine1": "Rua Augusta 2" }),
        json!({ "addressLine2": "2.º" }),
        json!({ "city": "Porto" }),
        json!({ "state": "Porto" }),
        json!({ "zip": "4000-001" }),
        json!({ "firstName": "Anna" }),
        json!({ "middleName": "Maria" }),
        json!({ "lastName": "Santos" }),
        json!({ "phone": "921231232" }),
        json!({ "internalIdentifier": "7" }),
        json!({ "resellerId": RESELLER }),
        json!({ "customerAssociations": [{ "resellerId": RESELLER }] }),
        json!({ "providerCustomers": { INSTANCE.to_string(): {} } }),
    ] {
        let reply = server.csp().create(&bodies::merged(first.clone(), change.clone())).await;
        assert_eq!(reply.status, 409, "{change}");
        assert!(reply.properties().contains(&"id".to_owned()), "{change}");
    }
    assert_eq!(rows(&server.pool).await, before);
}

#[tokio::test]
async fn every_identity_that_is_taken_is_named_at_once() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    server.csp().created(&taken(id)).await;
    let before = rows(&server.pool).await;

    for (change, properties) in [
        (json!({ "id": id }), &["id"][..]),
        (json!({ "email": "ANA@example.com" }), &["email"]),
        (json!({ "phone": "+351921231231" }), &["phone"]),
        (json!({ "email": "ana@EXAMPLE.com", "phone": "+351 921-231-231" }), &["email", "phone"]),
        (
            json!({ "id": id, "email": "ana@example.com", "phone": "+351921231231" }),
            &["email", "id", "phone"],
        ),
    ] {
        let reply = server.csp().create(&customer_with("bea", change)).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.properties(), properties);
    }
    assert_eq!(rows(&server.pool).await, before);
}

#[tokio::test]
async fn a_conflict_tells_nothing_of_the_holder() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    server.csp().created(&taken(id)).await;

    let email = json!({ "email": "ana@example.com" });
    let reply = server.reseller(OTHER_RESELLER).create(&customer_with("bea", email)).await;

    assert_eq!(reply.status, 409);
    for of_the_holder in ["ana", &id.to_string(), "cu.00", "921231231"] {
        assert!(!reply.text().contains(of_the_holder), "{}", reply.text());
    }
}

#[tokio::test]
async fn what_a_c2a_customer_has_no_partner_can_take() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    let contact = json!({ "email": "ana@example.com", "phoneNumber": "+351 921 231 231" });
    assert_eq!(server.acme.store(&bodies::customer_with(&id.to_string(), contact)).await.status, 200);

    for (change, property) in [
        (json!({ "id": id }), "id"),
        (json!({ "email": "Ana@example.com" }), "email"),
        (json!({ "phone": "+351921231231" }), "phone"),
    ] {
        let reply = server.csp().create(&customer_with("bea", change)).await;
        assert_eq!((reply.status.as_u16(), reply.properties()), (409, vec![property.to_owned()]));
    }
}

#[tokio::test]
async fn what_a_partners_customer_has_no_c2a_customer_can_take() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    server.csp().created(&taken(id)).await;

    for (external_id, contact, code) in [
        (id.to_string(), json!({}), "CUSTOMER_ALREADY_STORED"),
        ("crm-1".to_owned(), json!({ "email": "ANA@example.com" }), "USER_WITH_SAME_EMAIL_EXISTS"),
        ("crm-1".to_owned(), json!({ "phoneNumber": "+351921231231" }), "USER_WITH_SAME_PHONE_NUMBER_EXISTS"),
    ] {
        let reply = server.acme.store(&bodies::customer_with(&external_id, contact)).await;
        assert_eq!(reply.outcome(), (409, code.to_owned()));
    }
    assert_eq!(server.acme.validate(&id.to_string()).await.json()["isAvailable"], false);
}

/// Upstream limits only its length: what is no number identifies nobody.
#[tokio::test]
async fn contacts_that_are_only_text_are_anybodys() {
    let server = Server::with_partners().await;
    let text = |id: Uuid| json!({ "id": id, "email": "string", "phone": "string" });

    for name in ["ana", "bea"] {
        server.csp().created(&customer_with(name, text(Uuid::new_v4()))).await;
    }
}

/// C2A may give a customer another external id; the id partners know it by is still taken.
#[tokio::test]
async fn an_id_stays_taken_when_c2a_gives_the_customer_another() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&customer("ana")).await;
    let urn = server.acme.info(&format!("exId={id}")).await.urn();
    let renamed = bodies::change(&urn, json!({ "externalIdentifier": "crm-1" }));
    assert_eq!(server.acme.update(&renamed).await.status, 200);

    let reply = server.csp().create(&customer_with("bea", json!({ "id": id }))).await;

    assert_eq!((reply.status.as_u16(), reply.properties()), (409, vec!["id".to_owned()]));
    assert_eq!(server.csp().get(id).await.status, 200);
}

#[tokio::test]
async fn tenants_share_no_identities() {
    let server = Server::with_partners().await;
    let other = server.tenant("other").await;
    let csp = server.partner_at("other.example.com", &Token::csp(other.id));
    let id = Uuid::new_v4();

    assert_eq!(server.csp().create(&taken(id)).await.status, 201);
    assert_eq!(csp.create(&taken(id)).await.status, 201);
}
