//! C2A-01-02: a new customer, and what the record looks like.

use azotte_customers::domain::attribute::Attribute;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Server,
    bodies::{company, customer, customer_with, merged, sample},
};

#[tokio::test]
async fn the_documents_sample_is_stored_and_comes_back_as_the_whole_record() {
    let server = Server::start().await;

    let reply = server.acme.post("/api/v1/c2a/customer/store", &sample().to_string()).await;

    assert_eq!(reply.status, 200);
    let mut result = reply.json()["result"].clone();
    assert_is_urn(result["customerUrn"].take().as_str().unwrap(), "cu.00.");
    for time in ["createdAt", "updatedAt"] {
        let time = result[time].take();
        let time = time.as_str().unwrap();
        assert!(time.ends_with('Z'), "{time}");
        chrono::DateTime::parse_from_rfc3339(time).unwrap();
    }
    let expected = json!({
        "customerUrn": null,
        "externalIdentifier": "crm-9981273",
        "email": "jane.doe@example.com",
        "phoneNumber": "+491701234567",
        "salutation": "Ms.",
        "firstName": "Jane",
        "lastName": "Doe",
        "gender": "Female",
        "legalType": "Individual",
        "primaryBillingAddress": {
            "street": "Hauptstr. 1",
            "city": "Berlin",
            "postalCode": "10115",
            "countryCode": "DE",
        },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
        "status": "Active",
        "version": 1,
        "createdAt": null,
        "updatedAt": null,
    });
    assert_eq!(result, expected);
}

#[tokio::test]
async fn what_was_not_said_is_left_out_or_has_its_default() {
    let server = Server::start().await;

    let stored = server.acme.store(&customer("crm-1")).await.json();

    let names: Vec<_> = stored["result"].as_object().unwrap().keys().map(String::as_str).collect();
    let always = [
        "claimedRegion",
        "createdAt",
        "customerUrn",
        "externalIdentifier",
        "legalType",
        "status",
        "updatedAt",
        "version",
    ];
    assert_eq!(names, always);
    assert_eq!(stored["result"]["legalType"], "Individual");
    assert_eq!(stored["result"]["status"], "Active");
}

#[tokio::test]
async fn what_store_answers_is_what_info_finds() {
    let server = Server::start().await;
    let privacy = json!({ "privacy": { "newsletter": true } });

    let stored = server.acme.store(&merged(company("crm-1"), json!({ "customer": privacy }))).await;

    let mut found = server.acme.info(&format!("urn={}", stored.urn())).await.json()["result"].clone();
    found.as_object_mut().unwrap().remove("options");
    assert_eq!(found, stored.json()["result"]);
}

#[tokio::test]
async fn null_on_an_optional_field_is_as_good_as_absent() {
    let server = Server::start().await;
    let nulls: Value = [
        "customerUrn",
        "email",
        "phoneNumber",
        "salutation",
        "firstName",
        "lastName",
        "gender",
        "legalType",
        "primaryBillingAddress",
        "corporationInfo",
        "privacy",
        "status",
    ]
    .into_iter()
    .map(|name| (name.to_owned(), Value::Null))
    .collect();

    let reply = server.acme.store(&customer_with("crm-1", nulls)).await;

    assert_eq!(reply.outcome(), (200, "SUCCESS".to_owned()));
    assert_eq!(reply.json()["result"]["status"], "Active");
    assert!(!reply.text().contains("null"));
}

#[tokio::test]
async fn unknown_and_server_owned_properties_are_ignored() {
    let server = Server::start().await;
    let ignored = json!({
        "customerUrn": "cu.00.482",
        "tenantId": "00000000-0000-0000-0000-000000000000",
        "version": 99,
        "createdAt": "1999-01-01T00:00:00Z",
        "updatedAt": "1999-01-01T00:00:00Z",
        "shoeSize": { "eu": 38 },
    });
    let body = customer_with("crm-1", ignored.clone());
    let body = merged(body, json!({ "version": 7, "claimedRegion": { "currency": "EUR" } }));

    let stored = server.acme.store(&body).await;

    assert_eq!(stored.status, 200);
    let result = stored.json()["result"].clone();
    assert_ne!(result["customerUrn"], "cu.00.482");
    assert_eq!(result["version"], 1);
    assert_ne!(result["createdAt"], ignored["createdAt"]);
    assert_eq!(result["shoeSize"], Value::Null);
    assert_eq!(result["tenantId"], Value::Null);
    let also_ignored = json!({ "customerUrn": 42, "tenantId": [], "version": "x", "createdAt": {} });
    assert_eq!(server.acme.store(&customer_with("crm-2", also_ignored)).await.status, 200);
}

#[tokio::test]
async fn every_customer_has_a_urn_of_its_own_in_the_servers_cell() {
    let server = Server::start_with(&["--cell", "07"]).await;

    let mut urns = Vec::new();
    for n in 0..20 {
        let urn = server.acme.store(&customer(&format!("crm-{n}"))).await.urn();
        assert_is_urn(&urn, "cu.07.");
        assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 200);
        assert!(!urns.contains(&urn));
        urns.push(urn);
    }
}

#[tokio::test]
async fn the_region_is_required_and_both_of_its_parts() {
    let server = Server::start().await;
    let required = |field: &str| (field.to_owned(), "REQUIRED".to_owned());
    let without = json!({ "customer": { "externalIdentifier": "crm-1" } });

    for region in [None, Some(Value::Null)] {
        let body = region
            .map_or(without.clone(), |region| merged(without.clone(), json!({ "claimedRegion": region })));
        let reply = server.acme.store(&body).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
        assert_eq!(reply.errors(), [required("claimedRegion")]);
    }
    let reply = server.acme.store(&merged(without.clone(), json!({ "claimedRegion": {} }))).await;
    assert_eq!(
        reply.errors(),
        [required("claimedRegion.countryCode"), required("claimedRegion.languageCode")]
    );
    let null = json!({ "claimedRegion": { "countryCode": "DE", "languageCode": null } });
    assert_eq!(
        server.acme.store(&merged(without, null)).await.errors(),
        [required("claimedRegion.languageCode")]
    );
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let server = Server::start().await;
    let body = json!({
        "customer": {
            "email": "no",
            "phoneNumber": "0170",
            "firstName": "",
            "gender": 1,
            "legalType": "Corporate",
            "primaryBillingAddress": { "postalCode": " ", "countryCode": "DEU" },
            "status": "Anonymized",
        },
        "claimedRegion": { "countryCode": "XX" },
    });

    let reply = server.acme.store(&body).await;

    let mut errors = reply.errors();
    errors.sort();
    let expected = [
        ("claimedRegion.countryCode", "UNKNOWN_COUNTRY_CODE"),
        ("claimedRegion.languageCode", "REQUIRED"),
        ("customer.corporationInfo", "REQUIRED"),
        ("customer.email", "INVALID_EMAIL"),
        ("customer.externalIdentifier", "REQUIRED"),
        ("customer.firstName", "BLANK"),
        ("customer.gender", "WRONG_TYPE"),
        ("customer.phoneNumber", "INVALID_PHONE_NUMBER"),
        ("customer.primaryBillingAddress.countryCode", "UNKNOWN_COUNTRY_CODE"),
        ("customer.primaryBillingAddress.postalCode", "BLANK"),
        ("customer.status", "RESERVED_STATUS"),
    ];
    assert_eq!(errors, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert_eq!(reply.json()["status"]["message"], "11 fields are invalid.");
}

#[tokio::test]
async fn a_tenant_may_declare_more_fields_mandatory() {
    let server = Server::start().await;
    let required = [Attribute::Email, Attribute::PrimaryBillingAddress];
    let tenant = server.tenant_requiring("strict", &required).await.client;
    let missing = |field: &str| (field.to_owned(), "REQUIRED".to_owned());

    for email in [json!({}), json!({ "email": null })] {
        let reply = tenant.store(&customer_with("crm-1", email)).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
        assert_eq!(reply.errors(), [missing("customer.email"), missing("customer.primaryBillingAddress")]);
    }
    assert_eq!(tenant.store(&sample()).await.status, 200);
    assert_eq!(server.acme.store(&customer("crm-1")).await.status, 200);
}

#[tokio::test]
async fn sample_requests_of_both_documents_run_in_a_row() {
    let server = Server::start().await;
    let path = |endpoint: &str| format!("/api/v1/c2a/customer/{endpoint}");
    let short = json!({
        "customer": {
            "externalIdentifier": "crm-9981273",
            "email": "jane.doe@example.com",
            "firstName": "Jane",
            "lastName": "Doe",
            "legalType": "Individual",
        },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    });

    let urn = server.acme.post(&path("store"), &short.to_string()).await.urn();
    let update = json!({
        "customer": { "customerUrn": urn, "email": "jane.new@example.com", "phoneNumber": "+49 170 9999999" },
    });
    let updated = server.acme.post(&path("update"), &update.to_string()).await;
    assert_eq!(updated.json()["result"]["email"], "jane.new@example.com");
    let found = server.acme.send(Method::GET, &format!("{}?exId=crm-9981273", path("info")), "").await;
    assert_eq!(found.json()["result"]["phoneNumber"], "+491709999999");
    let deleted = server.acme.post(&path("delete"), &json!({ "customerUuid": urn }).to_string()).await;
    assert_eq!(deleted.outcome(), (200, "SUCCESS".to_owned()));
}

/// `^cu\.\d{2}\.[1-9]\d{0,18}$`
fn assert_is_urn(urn: &str, cell: &str) {
    let number = urn.strip_prefix(cell).unwrap_or_else(|| panic!("{urn}"));
    assert!(number.len() <= 19 && number.bytes().all(|byte| byte.is_ascii_digit()), "{urn}");
    assert!(!number.starts_with('0'), "{urn}");
}
