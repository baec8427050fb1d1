//! Identities are unique within a tenant: external identifier, e-mail and phone number.

use azotte_customers::domain::scope::Scope;
use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{change, customer, customer_with, sample},
};

const EXTERNAL_ID: (&str, &str) = ("customer.externalIdentifier", "CUSTOMER_ALREADY_STORED");
const EMAIL: (&str, &str) = ("customer.email", "USER_WITH_SAME_EMAIL_EXISTS");
const PHONE_NUMBER: (&str, &str) = ("customer.phoneNumber", "USER_WITH_SAME_PHONE_NUMBER_EXISTS");

#[tokio::test]
async fn each_identity_has_a_conflict_of_its_own_that_names_field_and_holder() {
    let server = Server::start().await;
    let holder = server.acme.store(&sample()).await.urn();
    let attempts = [
        (customer("crm-9981273"), EXTERNAL_ID),
        (customer_with("crm-1", json!({ "email": "jane.doe@example.com" })), EMAIL),
        (customer_with("crm-1", json!({ "phoneNumber": "+49 170 1234567" })), PHONE_NUMBER),
    ];

    for (body, conflict) in attempts {
        let reply = server.acme.store(&body).await;
        assert_conflicts(&reply, &[conflict]);
        assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"], holder);
    }
    assert_eq!(server.counts().await, (1, 1));
}

#[tokio::test]
async fn several_conflicts_come_in_a_fixed_order_each_with_its_holder() {
    let server = Server::start().await;
    // Stored in another order than that of the answer.
    let by_phone =
        server.acme.store(&customer_with("a", json!({ "phoneNumber": "+491701234567" }))).await.urn();
    let by_email = server.acme.store(&customer_with("b", json!({ "email": "jane@example.com" }))).await.urn();
    let by_id = server.acme.store(&customer("c")).await.urn();
    let all = json!({ "email": "jane@example.com", "phoneNumber": "+491701234567" });

    let reply = server.acme.store(&customer_with("c", all.clone())).await;
    assert_conflicts(&reply, &[EXTERNAL_ID, EMAIL, PHONE_NUMBER]);
    assert_eq!(holders(&reply), [by_id.as_str(), &by_email, &by_phone]);

    let reply = server.acme.store(&customer_with("d", all)).await;
    assert_conflicts(&reply, &[EMAIL, PHONE_NUMBER]);
    assert_eq!(holders(&reply), [by_email, by_phone]);
}

#[tokio::test]
async fn addresses_and_numbers_are_compared_by_their_canonical_form() {
    let server = Server::start().await;
    let identities = json!({ "email": "Jane.Doe@Müller.de", "phoneNumber": "+49 170 1234567" });
    server.acme.store(&customer_with("crm-1", identities)).await;

    for same in ["jane.doe@müller.de", "JANE.DOE@XN--MLLER-KVA.DE", " Jane.Doe@MÜLLER.de "] {
        let reply = server.acme.store(&customer_with("crm-2", json!({ "email": same }))).await;
        assert_conflicts(&reply, &[EMAIL]);
    }
    for same in ["+491701234567", "+49 (170) 12-34-567"] {
        let reply = server.acme.store(&customer_with("crm-2", json!({ "phoneNumber": same }))).await;
        assert_conflicts(&reply, &[PHONE_NUMBER]);
    }
    for (n, other) in
        ["janedoe@müller.de", "jane.doe+1@müller.de", "jane.doe@muller.de"].into_iter().enumerate()
    {
        let reply = server.acme.store(&customer_with(&format!("other-{n}"), json!({ "email": other }))).await;
        assert_eq!(reply.status, 200, "{other}");
    }
}

#[tokio::test]
async fn the_holder_is_shown_only_to_a_key_that_may_read() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    let (_, writer) = server.key(tenant.id, &[Scope::CustomerWrite]).await;
    let urn = tenant.client.store(&sample()).await.urn();
    let other = tenant.client.store(&customer("crm-1")).await.urn();

    for reply in
        [writer.store(&sample()).await, writer.update(&change(&other, sample()["customer"].clone())).await]
    {
        assert_conflicts(&reply, &[EXTERNAL_ID, EMAIL, PHONE_NUMBER]);
        assert!(!reply.text().contains(&urn));
        assert!(!reply.text().contains("customerUrn"));
    }
}

#[tokio::test]
async fn another_tenant_may_store_the_same_identities() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;

    assert_eq!(server.acme.store(&sample()).await.status, 200);
    assert_eq!(other.store(&sample()).await.status, 200);
    assert_conflicts(&other.store(&sample()).await, &[EXTERNAL_ID, EMAIL, PHONE_NUMBER]);
}

#[tokio::test]
async fn an_update_meets_the_same_conflicts_but_not_with_itself() {
    let server = Server::start().await;
    let holder = server.acme.store(&sample()).await.urn();
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let before = server.counts().await;
    let attempts = [
        (json!({ "externalIdentifier": "crm-9981273" }), &[EXTERNAL_ID][..]),
        (json!({ "email": "JANE.DOE@example.com" }), &[EMAIL]),
        (json!({ "phoneNumber": "+491701234567" }), &[PHONE_NUMBER]),
        (sample()["customer"].clone(), &[EXTERNAL_ID, EMAIL, PHONE_NUMBER]),
    ];

    for (properties, conflicts) in attempts {
        let reply = server.acme.update(&change(&urn, properties)).await;
        assert_conflicts(&reply, conflicts);
        assert!(holders(&reply).iter().all(|shown| *shown == holder));
    }
    assert_eq!(server.counts().await, before);
    let own = json!({
        "externalIdentifier": "crm-9981273",
        "email": "JANE.DOE@example.com",
        "phoneNumber": "+49170 1234567",
    });
    let reply = server.acme.update(&change(&holder, own)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["result"]["email"], "JANE.DOE@example.com");
}

#[tokio::test]
async fn of_many_who_store_the_same_at_once_one_succeeds() {
    let server =
        Server::start_with(&["--db-lock-timeout-ms", "10000", "--db-statement-timeout-ms", "20000"]).await;

    let stores = (0..12).map(|_| {
        let acme = server.acme.clone();
        tokio::spawn(async move { acme.store(&sample()).await })
    });
    let mut stored = 0;
    for store in stores.collect::<Vec<_>>() {
        let reply = store.await.unwrap();
        match reply.status.as_u16() {
            200 => stored += 1,
            _ => assert_conflicts(&reply, &[EXTERNAL_ID, EMAIL, PHONE_NUMBER]),
        }
    }

    assert_eq!(stored, 1);
    assert_eq!(server.counts().await, (1, 1));
}

fn assert_conflicts(reply: &Reply, conflicts: &[(&str, &str)]) {
    assert_eq!(reply.outcome(), (409, conflicts[0].1.to_owned()));
    let expected: Vec<_> =
        conflicts.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
    assert_eq!(reply.errors(), expected);
    assert_eq!(reply.json()["result"], Value::Null);
}

/// `customerUrn` of every error, in order.
fn holders(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let errors = json["status"]["errors"].as_array().unwrap();
    errors.iter().map(|error| error["customerUrn"].as_str().unwrap().to_owned()).collect()
}
