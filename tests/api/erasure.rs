//! Erasure leaves nothing of a person anywhere in the database, and makes room for the person to come back.

use azotte_customers::domain::{
    additional_properties::AdditionalProperties,
    address::{self, PostalAddress},
    corporation::CorporationInfo,
    country::CountryCode,
    email::Email,
    external_id::ExternalId,
    gender::Gender,
    multiline_text::MultilineText,
    phone::PhoneNumber,
    privacy::PrivacySettings,
    text::Text,
};
use serde_json::{Value, json};

use crate::support::{
    Server,
    canaries::{Canaries, dump},
    customers::in_germany,
};

const FIRST: Canaries = Canaries::new("qxhummingbird", "+491701112223");
const SECOND: Canaries = Canaries::new("qxnightingale", "+491702223334");

#[tokio::test]
async fn nothing_of_an_erased_customer_is_left_in_any_table() {
    let server = Server::start().await;
    let urn = server.acme.store(&FIRST.body()).await.urn();
    change_everything(&server, &urn).await;
    fail_in_every_way(&server, &urn).await;
    for canaries in [FIRST, SECOND] {
        assert!(canaries.found_in(&server.pool).await.iter().all(|found| *found > 0), "the search can find");
    }

    let deleted = server.acme.delete(&json!({ "customerUuid": urn })).await;

    assert_eq!(deleted.json(), json!({ "status": { "messageCode": "SUCCESS" } }));
    for canaries in [FIRST, SECOND] {
        assert_eq!(canaries.found_in(&server.pool).await, [0, 0], "{}", dump(&server.pool).await);
    }
}

#[tokio::test]
async fn what_is_left_of_an_erased_customer_cannot_identify_anybody() {
    let server = Server::start().await;
    let urn = server.acme.store(&FIRST.body()).await.urn();

    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let mut row: Value =
        sqlx::query_scalar("select to_jsonb(c) from customers c").fetch_one(&server.pool).await.unwrap();
    let row = row.as_object_mut().unwrap();
    row.retain(|_, value| !value.is_null());
    let left: Vec<&str> = row.keys().map(String::as_str).collect();
    let expected = [
        "country_code",
        "created_at",
        "erased_at",
        "legal_type",
        "number",
        "status",
        "tenant_id",
        "updated_at",
        "version",
    ];
    assert_eq!(left, expected);
    assert_eq!(row["status"], "Anonymized");
    assert_eq!(urn, format!("cu.00.{}", row["number"]));
}

#[tokio::test]
async fn one_erasure_leaves_the_others_alone() {
    let server = Server::start().await;
    let erased = server.acme.store(&FIRST.body()).await.urn();
    let kept = server.acme.store(&SECOND.body()).await.urn();
    let before = server.acme.info(&format!("urn={kept}")).await.body;

    server.acme.delete(&json!({ "customerUuid": erased })).await;

    assert_eq!(server.acme.info(&format!("urn={kept}")).await.body, before);
}

#[tokio::test]
async fn the_person_may_come_back_as_somebody_new() {
    let server = Server::start().await;
    let mut urns = vec![server.acme.store(&FIRST.body()).await.urn()];

    for _ in 0..5 {
        server.acme.delete(&json!({ "customerUuid": urns.last() })).await;
        assert_eq!(server.acme.validate(&FIRST.external_id()).await.json()["isAvailable"], true);

        let again = server.acme.store(&FIRST.body()).await;

        assert_eq!(again.status, 200);
        assert!(!urns.contains(&again.urn()));
        for old in &urns {
            assert_eq!(server.acme.info(&format!("urn={old}")).await.status, 404);
        }
        urns.push(again.urn());
    }
}

#[tokio::test]
async fn erasing_again_succeeds_and_changes_nothing() {
    let server = Server::start().await;
    let urn = server.acme.store(&FIRST.body()).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;
    let before = dump(&server.pool).await;

    let again = server.acme.delete(&json!({ "customerUuid": urn })).await;

    assert_eq!(again.json(), json!({ "status": { "messageCode": "SUCCESS" } }));
    assert_eq!(dump(&server.pool).await, before);
}

#[tokio::test]
async fn an_update_cannot_bring_an_erased_customer_back() {
    let server = Server::start().await;
    let urn = server.acme.store(&FIRST.body()).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;
    let before = dump(&server.pool).await;

    let mut change = FIRST.customer();
    change["customerUrn"] = json!(urn);
    let updated = server.acme.update(&json!({ "customer": change })).await;

    assert_eq!(updated.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    assert_eq!(dump(&server.pool).await, before);
}

/// What reaches a log through `{:?}`.
#[test]
fn personal_values_do_not_show_in_debug_output() {
    let text = |field| Text::<255>::parse(&FIRST.marked(field)).unwrap();
    let country = CountryCode::parse("DE").unwrap();
    let additional = format!(r#"{{"{}":"{}"}}"#, FIRST.marked("Key"), FIRST.marked("Value"));
    let additional = AdditionalProperties::parse(&additional, &[], address::ADDITIONAL).unwrap();
    let shown = [
        format!("{:?}", ExternalId::parse(&FIRST.external_id()).unwrap()),
        format!("{:?}", Email::parse(&FIRST.email()).unwrap()),
        format!("{:?}", PhoneNumber::parse("+491701112223").unwrap()),
        format!("{:?}", text("First")),
        format!("{:?}", Gender::parse("Female").unwrap()),
        format!(
            "{:?}",
            PrivacySettings::parse(&json!({ "a": FIRST.marked("Privacy") }).to_string()).unwrap()
        ),
        format!(
            "{:?}",
            PostalAddress {
                street: Some(MultilineText::parse(&FIRST.marked("Street")).unwrap()),
                street2: None,
                city: Some(text("City")),
                state: None,
                postal_code: Some(Text::parse(&FIRST.marked("Zip")).unwrap()),
                country,
                additional: additional.clone(),
            }
        ),
        format!(
            "{:?}",
            CorporationInfo {
                company_name: text("Company"),
                tax_number: Some(text("Tax")),
                tax_office: None,
                vat_number: None,
                registration_number: None,
                additional,
            }
        ),
    ];

    for shown in shown.map(|shown| shown.to_lowercase()) {
        for trace in ["qxhummingbird", "1701112223", "female"] {
            assert!(!shown.contains(trace), "{shown}");
        }
    }
}

/// The same customer with the other canaries in every field.
async fn change_everything(server: &Server, urn: &str) {
    let mut change = SECOND.customer();
    for (field, value) in change.as_object_mut().unwrap() {
        let updated = server.acme.update(&json!({ "customer": { "customerUrn": urn, field: value } })).await;
        assert_eq!(updated.status, 200, "{field}");
    }
    let mut back = FIRST.customer();
    back["customerUrn"] = json!(urn);
    // Half the first, half the second: both are to go.
    for field in ["email", "phoneNumber", "lastName", "privacy"] {
        back.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(server.acme.update(&json!({ "customer": back })).await.status, 200);
    assert_eq!(
        server
            .acme
            .update(&json!({ "customer": { "customerUrn": urn, "phoneNumber": "+491701112223" } }))
            .await
            .status,
        200
    );
    let address = json!({ "customerUrn": urn, "primaryBillingAddress": { "street": "+491702223334", "countryCode": "DE" } });
    assert_eq!(server.acme.update(&json!({ "customer": address })).await.status, 200);
}

/// Requests that hold the person's data and are refused, each at another place.
async fn fail_in_every_way(server: &Server, urn: &str) {
    let acme = &server.acme;
    let taken = in_germany(json!({ "externalIdentifier": FIRST.external_id(), "email": SECOND.email() }));
    let mut wrong = FIRST.customer();
    wrong["customerUrn"] = json!(urn);
    wrong["email"] = json!(format!("no address {}", FIRST.marked("Mail")));
    let mut nobody = SECOND.customer();
    nobody["customerUrn"] = json!("cu.00.482");
    let path = format!("/api/c2a/customer/{}", FIRST.external_id());
    let blind = server.key(azotte_customers::sandbox::seed::TENANT_ID.0, &[]).await.1;
    let refusals = [
        (acme.store(&taken).await, 409),
        (acme.update(&json!({ "customer": wrong })).await, 400),
        (acme.update(&json!({ "customer": nobody })).await, 404),
        (acme.post("/api/c2a/customer/store", &format!("{}}}", FIRST.body())).await, 400),
        (acme.post(&path, &FIRST.body().to_string()).await, 404),
        (acme.with("content-type", "text/plain").store(&FIRST.body()).await, 415),
        (acme.without("x-api-key").store(&FIRST.body()).await, 401),
        (blind.store(&FIRST.body()).await, 403),
        (acme.info(&format!("exId={}", SECOND.marked("Nobody"))).await, 404),
        (acme.delete(&json!({ "externalIdentifier": SECOND.marked("Nobody") })).await, 404),
    ];
    for (reply, status) in refusals {
        assert_eq!(reply.status, status);
    }
}
