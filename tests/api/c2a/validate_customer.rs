//! C2A-01-01 with a customer: what would `store` say?

use azotte_customers::{
    domain::{attribute::Attribute, scope::Scope},
    sandbox::seed::TENANT_ID,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::properties::for_all;
use crate::support::{
    Reply, Server,
    bodies::{company, customer, customer_with, merged, sample},
    hostile::customer_body,
};

async fn validate(server: &Server, body: &Value) -> Reply {
    server.acme.c2a("validate", body).await
}

/// Field and code of what `store` would say.
fn told(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let errors = reply.json()["errors"].as_array().expect("errors").clone();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_customer_that_store_would_take_is_told_in_its_canonical_form() {
    let server = Server::start().await;

    let reply = validate(
        &server,
        &customer_with(
            "crm-1",
            json!({ "email": " Jane@MÜNCHEN.example ", "phoneNumber": "+49 (0)30 123456" }),
        ),
    )
    .await;

    let expected = json!({
        "isAvailable": true,
        "wouldStore": true,
        "errors": [],
        "canonical": { "email": "jane@xn--mnchen-3ya.example", "phoneNumber": "+4930123456" },
        "status": { "messageCode": "SUCCESS" },
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (200, expected));
    assert_eq!(server.counts().await, (0, 0));
    assert_eq!(validate(&server, &customer("crm-1")).await.json()["canonical"], json!({}));
}

#[tokio::test]
async fn every_collision_is_told_with_its_holder() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    let other =
        server.acme.store(&customer_with("crm-2", json!({ "phoneNumber": "+49 170 7654321" }))).await.urn();

    let same = merged(sample(), json!({ "customer": { "phoneNumber": "+49 170 7654321" } }));
    let reply = validate(&server, &same).await;

    assert_eq!((reply.json()["isAvailable"] == false, reply.json()["wouldStore"] == false), (true, true));
    let holders: Vec<_> =
        reply.json()["errors"].as_array().unwrap().iter().map(|error| text(&error["customerUrn"])).collect();
    assert_eq!(holders, [&urn, &urn, &other].map(String::clone));
    assert_eq!(reply.json()["errors"], server.acme.store(&same).await.json()["status"]["errors"]);
}

#[tokio::test]
async fn no_holder_is_named_to_whom_store_would_name_nobody() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    let reader = server.key(TENANT_ID.0, &[Scope::CustomerRead]).await.1;
    let writer = server.key(TENANT_ID.0, &[Scope::CustomerWrite]).await.1;

    let reply = reader.c2a("validate", &sample()).await;

    assert_eq!(told(&reply), told(&validate(&server, &sample()).await));
    assert!(!reply.text().contains(&urn), "{}", reply.text());
    assert_eq!(writer.c2a("validate", &sample()).await.outcome(), (403, "FORBIDDEN".into()));
}

#[tokio::test]
async fn another_tenants_customer_is_in_nobodys_way() {
    let server = Server::start().await;
    server.acme.store(&sample()).await;

    let reply = server.tenant("other").await.client.c2a("validate", &sample()).await;

    assert_eq!(told(&reply), []);
}

#[tokio::test]
async fn what_the_tenant_requires_is_asked_for() {
    let server = Server::start().await;
    let tenant = server.tenant_requiring("strict", &[Attribute::Email]).await;

    let reply = tenant.client.c2a("validate", &company("crm-1")).await;

    assert_eq!(told(&reply), [("customer.email".into(), "REQUIRED".into())]);
}

#[tokio::test]
async fn faults_of_text_fields_and_region_are_told_together() {
    let server = Server::start().await;

    let body = r#"{ "customer": { "externalIdentifier": "crm-1", "firstName": "\u0000", "lastName": "a", "lastName": "b",
        "email": "@" }, "claimedRegion": { "countryCode": "XX" } }"#;
    let reply = server.acme.c2a_text("validate", body).await;

    assert_eq!(told(&reply), server.acme.c2a_text("store", body).await.errors());
    assert!(told(&reply).len() >= 4, "{}", reply.text());
    // Of a customer that cannot be read nothing is known.
    assert_eq!(reply.json()["isAvailable"], false);
    for (customer, code) in [(json!(1), "WRONG_TYPE"), (json!([]), "WRONG_TYPE"), (json!({}), "REQUIRED")] {
        let reply = validate(&server, &merged(customer_less(), json!({ "customer": customer }))).await;
        assert_eq!(told(&reply)[0].1, code);
    }
}

fn customer_less() -> Value {
    json!({ "claimedRegion": { "countryCode": "DE", "languageCode": "de" } })
}

#[tokio::test]
async fn an_identifier_beside_the_customer_is_the_customers() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    for name in ["externalId", "externalIdentifier"] {
        let beside = |id: &str| merged(customer("crm-1"), json!({ name: id }));
        let reply = validate(&server, &beside("crm-1")).await;
        assert_eq!(told(&reply), [("customer.externalIdentifier".into(), "CUSTOMER_ALREADY_STORED".into())]);
        let reply = validate(&server, &beside("crm-2")).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".into()));
        assert_eq!(reply.errors(), [(name.into(), "DIFFERENT".into())]);
        let reply = validate(&server, &beside("")).await;
        assert_eq!(reply.errors(), [(name.into(), "BLANK".into())]);
    }
    // The customer lacks one, which store would say; what is asked beside it is answered.
    let mut without = merged(customer("x"), json!({ "externalId": "crm-1" }));
    without["customer"] = json!({});
    let reply = validate(&server, &without).await;
    assert_eq!(told(&reply), [("customer.externalIdentifier".into(), "REQUIRED".into())]);
    assert_eq!(reply.json()["isAvailable"], false);
}

#[tokio::test]
async fn without_a_customer_it_is_the_documented_question() {
    let server = Server::start().await;
    let documented = server.acme.validate("crm-1").await.body;

    for beside in [
        json!({ "customer": null }),
        json!({ "claimedRegion": { "countryCode": "DE", "languageCode": "de" } }),
    ] {
        let reply = validate(&server, &merged(json!({ "externalId": "crm-1" }), beside.clone())).await;
        assert_eq!((reply.status.as_u16(), reply.body), (200, documented.clone()));
        let reply = validate(&server, &beside).await;
        assert_eq!(reply.errors(), [("externalId".into(), "REQUIRED".into())]);
    }
    let region = merged(json!({ "externalId": "crm-1" }), json!({ "claimedRegion": {} }));
    assert_eq!(validate(&server, &region).await.errors()[0].0, "claimedRegion.countryCode");
    let reply = server.acme.with("idempotency-key", "k").c2a("validate", &customer("crm-1")).await;
    assert_eq!((reply.status.as_u16(), reply.header("idempotent-replayed")), (200, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_tells_exactly_what_store_then_answers_and_writes_nothing() {
    let server = Server::start().await;
    let (mut taken, mut refused, mut stored) = (0, 0, 0);

    for_all(500, prop_oneof![2 => made(), 1 => customer_body()], async |body| {
        let before = server.contents().await;
        let validated = server.acme.c2a_text("validate", &body).await;
        prop_assert_eq!(&server.contents().await, &before);
        let then = server.acme.c2a_text("store", &body).await;

        if then.status == 413 {
            prop_assert_eq!(validated.outcome(), then.outcome());
            return Ok(());
        }
        prop_assert_eq!(validated.status, 200, "{}", validated.text());
        let (told, answered) = (validated.json(), then.json());
        let no_errors = json!([]);
        let expected = if then.status == 200 { &no_errors } else { &answered["status"]["errors"] };
        prop_assert_eq!(&told["errors"], expected);
        prop_assert_eq!(&told["wouldStore"], then.status == 200);
        match then.status.as_u16() {
            200 => {
                stored += 1;
                prop_assert_eq!(&told["isAvailable"], true);
                prop_assert_eq!(&told["canonical"]["phoneNumber"], &answered["result"]["phoneNumber"]);
            }
            409 => {
                taken += 1;
                let is_taken = then.errors().iter().any(|(_, code)| code == "CUSTOMER_ALREADY_STORED");
                prop_assert_eq!(&told["isAvailable"], !is_taken);
            }
            _ => refused += 1,
        }
        Ok(())
    });

    assert!(taken.min(refused).min(stored) > 20, "{taken} taken, {refused} refused, {stored} stored");
}

/// A customer with few identities to choose from, so that many collide, and now and then a fault.
fn made() -> impl Strategy<Value = String> {
    let values = |right: &'static [&'static str], wrong: &'static [&'static str]| {
        prop_oneof![
            15 => Just(None),
            6 => select(right).prop_map(|value| Some(json!(value))),
            1 => select(wrong).prop_map(|value| Some(json!(value))),
            1 => select(vec![json!(null), json!(1), json!({})]).prop_map(Some),
        ]
    };
    let id = prop_oneof![
        1 => values(&["crm-1", "crm-2", "CRM-1"], &["", " crm-1", "\u{0}"]),
        3 => (0..9999).prop_map(|n| Some(json!(format!("crm-{n}")))),
    ];
    let email =
        values(&["a@example.com", "A@Example.COM", "b@münchen.example", "b@xn--mnchen-3ya.example"], &["@"]);
    let phone =
        values(&["+49 170 1234567", "+491701234567", "+49 30 123456", "+49 (0)30 123456"], &["0170", "+1"]);
    let kind = values(&["Individual", "individual"], &["Corporate", "Other"]);
    let country = values(&["DE", "de", "PT"], &["XX", ""]);
    (id, email, phone, kind, country).prop_map(|(id, email, phone, kind, country)| {
        let mut body = json!({ "customer": {}, "claimedRegion": { "languageCode": "de" } });
        let fields =
            [("externalIdentifier", id), ("email", email), ("phoneNumber", phone), ("legalType", kind)];
        for (name, value) in fields {
            if let Some(value) = value {
                body["customer"][name] = value;
            }
        }
        body["claimedRegion"]["countryCode"] = country.unwrap_or_else(|| json!("DE"));
        body.to_string()
    })
}
