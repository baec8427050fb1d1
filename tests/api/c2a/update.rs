//! C2A-01-04: absent keeps, `null` clears, nested objects are replaced whole.

use azotte_customers::domain::attribute::Attribute;
use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{change, company, customer, customer_with, merged, sample},
};

#[tokio::test]
async fn what_is_present_applies_and_what_is_absent_stays() {
    let server = Server::start().await;
    let stored = server.acme.store(&sample()).await.json()["result"].clone();
    let urn = stored["customerUrn"].as_str().unwrap().to_owned();
    let sent = json!({ "email": "jane.new@example.com", "phoneNumber": "+49 170 9999999" });

    let updated = server.acme.update(&change(&urn, sent)).await;

    assert_eq!(updated.outcome(), (200, "SUCCESS".to_owned()));
    let result = updated.json()["result"].clone();
    let changed = json!({
        "email": "jane.new@example.com",
        "phoneNumber": "+491709999999",
        "version": 2,
        "updatedAt": result["updatedAt"],
    });
    assert_eq!(result, merged(stored, changed));
    let mut found = server.acme.info(&format!("urn={urn}")).await.json()["result"].clone();
    found.as_object_mut().unwrap().remove("options");
    assert_eq!(found, result);
}

#[tokio::test]
async fn null_clears_what_may_be_absent() {
    let server = Server::start().await;
    let body =
        merged(sample(), json!({ "customer": { "privacy": {}, "corporationInfo": { "companyName": "X" } } }));
    let urn = server.acme.store(&body).await.urn();
    let clearable = [
        "email",
        "phoneNumber",
        "salutation",
        "firstName",
        "lastName",
        "gender",
        "primaryBillingAddress",
        "corporationInfo",
        "privacy",
    ];

    for (n, field) in clearable.into_iter().enumerate() {
        let updated = server.acme.update(&change(&urn, json!({ field: null }))).await;
        assert_eq!(updated.outcome(), (200, "SUCCESS".to_owned()), "{field}");
        assert!(updated.json()["result"].get(field).is_none(), "{field}");
        assert_eq!(updated.json()["result"]["version"], n + 2);
    }
    assert_eq!(
        server.acme.store(&merged(sample(), customer("crm-2"))).await.status,
        200,
        "identities are free"
    );
}

#[tokio::test]
async fn what_a_customer_always_has_cannot_be_cleared() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let before = server.counts().await;

    for field in ["externalIdentifier", "legalType", "status"] {
        let reply = server.acme.update(&change(&urn, json!({ field: null }))).await;
        assert_invalid(&reply, &[(&format!("customer.{field}"), "NOT_CLEARABLE")]);
    }
    let reply = server.acme.update(&merged(change(&urn, json!({})), json!({ "claimedRegion": null }))).await;
    assert_invalid(&reply, &[("claimedRegion", "NOT_CLEARABLE")]);
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn nested_objects_are_replaced_whole() {
    let server = Server::start().await;
    let before = json!({
        "legalType": "Corporate",
        "corporationInfo": { "companyName": "Acme", "taxNumber": "1", "branch": "North" },
        "primaryBillingAddress": { "city": "Berlin", "street": "A", "countryCode": "DE" },
        "privacy": { "newsletter": true, "phone": false },
    });
    let urn = server.acme.store(&customer_with("crm-1", before)).await.urn();
    let after = json!({
        "corporationInfo": { "companyName": "Acme AG" },
        "primaryBillingAddress": { "countryCode": "AT" },
        "privacy": { "phone": true },
    });
    let region = json!({ "countryCode": "AT", "languageCode": "en" });

    let body = merged(change(&urn, after.clone()), json!({ "claimedRegion": region }));
    let result = server.acme.update(&body).await.json()["result"].clone();

    for part in ["corporationInfo", "primaryBillingAddress", "privacy"] {
        assert_eq!(result[part], after[part]);
    }
    assert_eq!(result["claimedRegion"], region);
}

#[tokio::test]
async fn the_region_is_optional_and_complete_where_it_is_there() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    let kept = server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await;
    assert_eq!(kept.json()["result"]["claimedRegion"], json!({ "countryCode": "DE", "languageCode": "de" }));
    let half = merged(change(&urn, json!({})), json!({ "claimedRegion": { "countryCode": "AT" } }));
    assert_invalid(&server.acme.update(&half).await, &[("claimedRegion.languageCode", "REQUIRED")]);
}

#[tokio::test]
async fn a_change_that_changes_nothing_keeps_the_version_and_writes_no_event() {
    let server = Server::start().await;
    let body = merged(
        sample(),
        json!({ "customer": { "privacy": { "a": 1 }, "corporationInfo": { "companyName": "X", "y": [1] } } }),
    );
    let stored = server.acme.store(&body).await;
    let before = server.counts().await;
    let nothing_new = [
        change(&stored.urn(), json!({})),
        change(&stored.urn(), body["customer"].clone()),
        change(
            &stored.urn(),
            json!({ "gender": "FEMALE", "phoneNumber": "+49-170-1234567", "email": " jane.doe@example.com" }),
        ),
        change(&stored.urn(), json!({ "unknown": 1, "version": 9 })),
        body.clone(),
        merged(
            change(&stored.urn(), json!({})),
            json!({ "claimedRegion": { "countryCode": "de", "languageCode": "DE" } }),
        ),
        // What an answer shows can be sent back.
        json!({ "customer": stored.json()["result"] }),
    ];

    for body in nothing_new {
        let reply = server.acme.update(&body).await;
        assert_eq!(reply.outcome(), (200, "SUCCESS".to_owned()), "{body}");
        assert_eq!(reply.json()["result"], stored.json()["result"], "{body}");
    }
    assert_eq!(server.counts().await, before);
}

/// JSON objects are equal whatever the order of their properties. Lists are not, and neither are `1` and `1.0`.
#[tokio::test]
async fn another_order_of_properties_is_no_change() {
    let server = Server::start().await;
    let body = |privacy: &str, corporation: &str, address: &str| {
        format!(
            r#"{{"customer":{{"externalIdentifier":"crm-1","legalType":"Corporate","privacy":{privacy},
            "corporationInfo":{corporation},"primaryBillingAddress":{address}}},
            "claimedRegion":{{"countryCode":"DE","languageCode":"de"}}}}"#
        )
    };
    let [privacy, corporation, address] = [
        r#"{"a":1,"b":{"x":[1,2],"y":null}}"#,
        r#"{"companyName":"A","m":1,"n":2}"#,
        r#"{"countryCode":"DE","geo":{"lat":1,"lon":2},"zip":"1"}"#,
    ];
    let stored = server.acme.post("/api/c2a/customer/store", &body(privacy, corporation, address)).await;
    let before = server.counts().await;

    for same in [
        body(r#"{ "b": {"y":null, "x":[1,2]}, "a":1 }"#, corporation, address),
        body(privacy, r#"{"n":2,"m":1,"companyName":"A"}"#, address),
        body(privacy, corporation, r#"{"zip":"1","geo":{"lon":2,"lat":1},"countryCode":"DE"}"#),
    ] {
        let reply = server.acme.post("/api/c2a/customer/update", &same).await;
        assert_eq!(reply.text(), stored.text(), "{same}");
    }
    assert_eq!(server.counts().await, before);
    for (version, other) in [
        body(r#"{"a":1,"b":{"x":[2,1],"y":null}}"#, corporation, address),
        body(r#"{"a":1.0,"b":{"x":[2,1],"y":null}}"#, corporation, address),
        body(r#"{"a":1.0,"b":{"x":[2,1]}}"#, corporation, address),
    ]
    .iter()
    .enumerate()
    {
        let reply = server.acme.post("/api/c2a/customer/update", other).await;
        assert_eq!(reply.json()["result"]["version"], version + 2, "{other}");
    }
}

#[tokio::test]
async fn the_region_may_stand_inside_the_customer_as_in_answers() {
    let server = Server::start().await;
    let (inside, beside) = (
        json!({ "countryCode": "AT", "languageCode": "en" }),
        json!({ "countryCode": "CH", "languageCode": "fr" }),
    );
    let stored = server
        .acme
        .store(&json!({ "customer": { "externalIdentifier": "crm-1", "claimedRegion": inside } }))
        .await;
    assert_eq!(stored.json()["result"]["claimedRegion"], inside);
    let urn = stored.urn();

    let both = merged(
        change(&urn, json!({ "claimedRegion": { "countryCode": 5 } })),
        json!({ "claimedRegion": beside }),
    );
    assert_eq!(
        server.acme.update(&both).await.json()["result"]["claimedRegion"],
        beside,
        "the one beside wins"
    );
    let alone = server.acme.update(&change(&urn, json!({ "claimedRegion": inside }))).await;
    assert_eq!(alone.json()["result"]["claimedRegion"], inside);

    let half = server.acme.update(&change(&urn, json!({ "claimedRegion": { "countryCode": "AT" } }))).await;
    assert_invalid(&half, &[("customer.claimedRegion.languageCode", "REQUIRED")]);
    let null = server.acme.update(&change(&urn, json!({ "claimedRegion": null }))).await;
    assert_invalid(&null, &[("customer.claimedRegion", "NOT_CLEARABLE")]);
    let none = server
        .acme
        .store(&json!({ "customer": { "externalIdentifier": "crm-2", "claimedRegion": null } }))
        .await;
    assert_invalid(&none, &[("claimedRegion", "REQUIRED")]);
}

#[tokio::test]
async fn every_change_adds_one_to_the_version_and_moves_updated_at_alone() {
    let server = Server::start().await;
    let mut last = server.acme.store(&customer("crm-1")).await.json()["result"].clone();
    let urn = last["customerUrn"].as_str().unwrap().to_owned();

    for version in 2..=5 {
        let name = json!({ "firstName": format!("Jane {version}") });
        let result = server.acme.update(&change(&urn, name)).await.json()["result"].clone();
        assert_eq!(result["version"], version);
        assert_eq!(result["createdAt"], last["createdAt"]);
        assert!(result["updatedAt"].as_str() > last["updatedAt"].as_str());
        last = result;
    }
}

#[tokio::test]
async fn fields_have_the_rules_of_store_and_everything_wrong_is_said_at_once() {
    let server = Server::start().await;
    let wrong = json!({
        "email": "no",
        "phoneNumber": "0170",
        "firstName": "",
        "gender": "F",
        "legalType": null,
        "status": "anonymized",
        "privacy": [],
        "primaryBillingAddress": {},
    });
    let body = merged(
        json!({ "customer": wrong }),
        json!({ "claimedRegion": { "countryCode": "XX", "languageCode": "de" } }),
    );

    let expected = [
        ("claimedRegion.countryCode", "UNKNOWN_COUNTRY_CODE"),
        ("customer.customerUrn", "REQUIRED"),
        ("customer.email", "INVALID_EMAIL"),
        ("customer.firstName", "BLANK"),
        ("customer.gender", "NOT_IN_LIST"),
        ("customer.legalType", "NOT_CLEARABLE"),
        ("customer.phoneNumber", "INVALID_PHONE_NUMBER"),
        ("customer.primaryBillingAddress.countryCode", "REQUIRED"),
        ("customer.privacy", "WRONG_TYPE"),
        ("customer.status", "RESERVED_STATUS"),
    ];
    assert_invalid(&server.acme.update(&body).await, &expected);
}

#[tokio::test]
async fn the_rules_of_a_record_hold_for_what_it_becomes() {
    let server = Server::start().await;
    let person = server.acme.store(&customer("crm-1")).await.urn();
    let firm = server.acme.store(&company("crm-2")).await.urn();
    let missing = [("customer.corporationInfo", "REQUIRED")];

    for (urn, properties) in [
        (&person, json!({ "legalType": "Corporate" })),
        (&firm, json!({ "corporationInfo": null })),
        (&firm, json!({ "corporationInfo": null, "legalType": "Corporate" })),
    ] {
        assert_invalid(&server.acme.update(&change(urn, properties)).await, &missing);
    }
    for (urn, properties) in [
        (&firm, json!({ "legalType": "Individual" })),
        (&firm, json!({ "corporationInfo": null })),
        (&person, json!({ "legalType": "Corporate", "corporationInfo": { "companyName": "Acme" } })),
        (&person, json!({ "legalType": "Individual", "corporationInfo": null })),
    ] {
        assert_eq!(server.acme.update(&change(urn, properties)).await.status, 200);
    }
}

#[tokio::test]
async fn what_the_tenant_requires_cannot_be_cleared() {
    let server = Server::start().await;
    let tenant = server.tenant_requiring("strict", &[Attribute::Email]).await.client;
    let urn = tenant.store(&sample()).await.urn();

    assert_invalid(
        &tenant.update(&change(&urn, json!({ "email": null }))).await,
        &[("customer.email", "REQUIRED")],
    );
    assert_eq!(tenant.update(&change(&urn, json!({ "phoneNumber": null }))).await.status, 200);
}

#[tokio::test]
async fn of_changes_at_the_same_time_none_is_lost() {
    let server =
        Server::start_with(&["--db-lock-timeout-ms", "10000", "--db-statement-timeout-ms", "20000"]).await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let fields = ["email", "salutation", "firstName", "lastName", "gender", "status", "phoneNumber"];
    let values = ["a@example.com", "Ms.", "Jane", "Doe", "Female", "vip", "+491701234567"];

    let updates: Vec<_> = fields
        .into_iter()
        .zip(values)
        .map(|(field, value)| {
            let (acme, body) = (server.acme.clone(), change(&urn, json!({ field: value })));
            tokio::spawn(async move { acme.update(&body).await })
        })
        .collect();
    for update in updates {
        assert_eq!(update.await.unwrap().outcome(), (200, "SUCCESS".to_owned()));
    }

    let result = server.acme.info(&format!("urn={urn}")).await.json()["result"].clone();
    assert_eq!(fields.map(|field| result[field].clone()), values.map(Value::from));
    assert_eq!(result["version"], 8);
}

/// These errors, in any order.
fn assert_invalid(reply: &Reply, expected: &[(&str, &str)]) {
    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
    let mut errors = reply.errors();
    errors.sort();
    let expected: Vec<_> =
        expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
    assert_eq!(errors, expected);
}
