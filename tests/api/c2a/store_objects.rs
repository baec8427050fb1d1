//! The parts of a customer that are objects: address, corporation and privacy.

use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{company, customer, customer_with, merged},
};

const KIB_8: usize = 8 * 1024;

#[tokio::test]
async fn an_address_needs_its_country_and_nothing_else() {
    let server = Server::start().await;
    let full = json!({
        "street": "Hauptstr. 1",
        "street2": "Hinterhaus",
        "city": "Berlin",
        "state": "BE",
        "postalCode": "10115",
        "countryCode": "DE",
    });

    let stored = server.acme.store(&with_address("crm-1", full.clone())).await;
    assert_eq!(stored.json()["result"]["primaryBillingAddress"], full);
    let sent = json!({ "countryCode": "de", "street": null, "city": null });
    let stored = server.acme.store(&with_address("crm-2", sent)).await;
    assert_eq!(stored.json()["result"]["primaryBillingAddress"], json!({ "countryCode": "DE" }));

    for no_country in [json!({}), json!({ "city": "Berlin" }), json!({ "countryCode": null })] {
        let reply = server.acme.store(&with_address("crm-3", no_country)).await;
        assert_error(&reply, "primaryBillingAddress.countryCode", "REQUIRED");
    }
    for no_object in [json!("Hauptstr. 1"), json!([]), json!(1)] {
        let reply = server.acme.store(&with_address("crm-3", no_object)).await;
        assert_error(&reply, "primaryBillingAddress", "WRONG_TYPE");
    }
}

#[tokio::test]
async fn a_street_may_stand_on_several_lines() {
    let server = Server::start().await;

    for (n, lines) in ["Flat 4\nSummers Orchard", "Flat 4\r\nSummers Orchard", "a\rb"].into_iter().enumerate()
    {
        let address = json!({ "street": lines, "street2": lines, "countryCode": "GB" });
        let stored = server.acme.store(&with_address(&format!("crm-{n}"), address.clone())).await;
        assert_eq!(stored.json()["result"]["primaryBillingAddress"], address);
    }
    for (part, wrong) in [
        ("street", "a\tb"),
        ("street2", "a\u{85}b"),
        ("city", "a\nb"),
        ("state", "a\nb"),
        ("postalCode", "1\n2"),
    ] {
        let reply =
            server.acme.store(&with_address("crm-9", json!({ "countryCode": "GB", part: wrong }))).await;
        assert_error(&reply, &format!("primaryBillingAddress.{part}"), "INVALID_CHARACTERS");
    }
}

#[tokio::test]
async fn further_properties_of_an_address_are_kept_as_sent() {
    let server = Server::start().await;
    let further = r#""zip":"10115","geo":{"b":1.50,"a":[1e2,null]},"note":"two\nlines\u0001","\u00e9":123456789012345678901234567890"#;

    let stored =
        store_text(&server, &format!(r#""primaryBillingAddress":{{"countryCode":"DE",{further}}}"#)).await;

    assert_eq!(stored.status, 200, "{:?}", stored.errors());
    let kept = further.replace(r"\u00e9", "é");
    assert!(stored.text().contains(&kept), "{}", stored.text());
    let found = server.acme.info(&format!("urn={}", stored.urn())).await;
    assert!(found.text().contains(&kept), "{}", found.text());
}

#[tokio::test]
async fn further_properties_of_an_address_share_2_kib_and_3_levels() {
    let server = Server::start().await;
    let sized = |bytes: usize| json!({ "countryCode": "DE", "a": "x".repeat(bytes - r#"{"a":""}"#.len()) });

    assert_eq!(server.acme.store(&with_address("crm-1", sized(2048))).await.status, 200);
    let large = server.acme.store(&with_address("crm-2", sized(2049))).await;
    assert_error(&large, "primaryBillingAddress", "TOO_LARGE");
    let levels = |value: Value| with_address("crm-3", json!({ "countryCode": "DE", "a": value }));
    assert_error(&server.acme.store(&levels(json!([[[]]]))).await, "primaryBillingAddress", "TOO_DEEP");
    assert_eq!(server.acme.store(&levels(json!([[]]))).await.status, 200);
}

/// Only what a field says is wrong is wrong: what is kept or ignored may hold line breaks and the like.
#[tokio::test]
async fn json_of_the_tenants_own_may_hold_control_characters() {
    let server = Server::start().await;
    let privacy = r#"{"note":"a\nb\tc\u0001","ke\ny":1}"#;

    for properties in [
        format!(r#""privacy":{privacy}"#),
        r#""legalType":"Corporate","corporationInfo":{"companyName":"A","note":"a\nb"}"#.to_owned(),
        format!(r#""unknown":{privacy}"#),
    ] {
        let stored = store_text(&server, &properties).await;
        assert_eq!(stored.status, 200, "{properties}: {:?}", stored.errors());
        server.acme.delete(&json!({ "customerUuid": stored.urn() })).await;
    }
    for (everywhere, code) in
        [(r"\u0000", "INVALID_CHARACTERS"), (r"\ufffe", "INVALID_CHARACTERS"), (r"\ud800", "INVALID_JSON")]
    {
        let reply = store_text(&server, &format!(r#""privacy":{{"a":"{everywhere}"}}"#)).await;
        assert_error(&reply, "privacy.a", code);
    }
}

#[tokio::test]
async fn the_parts_of_an_address_have_limits() {
    let server = Server::start().await;

    for (part, limit) in
        [("street", 255), ("street2", 255), ("city", 255), ("state", 255), ("postalCode", 30)]
    {
        let with = |part_is: Value| {
            with_address(part, merged(json!({ "countryCode": "DE" }), json!({ part: part_is })))
        };
        for (wrong, code) in
            [(json!("x".repeat(limit + 1)), "TOO_LONG"), (json!(" "), "BLANK"), (json!(1), "WRONG_TYPE")]
        {
            let reply = server.acme.store(&with(wrong)).await;
            assert_error(&reply, &format!("primaryBillingAddress.{part}"), code);
        }
        assert_eq!(server.acme.store(&with(json!("ß".repeat(limit)))).await.status, 200, "{part}");
    }
    for code in ["DEU", "XX", "D"] {
        let reply = server.acme.store(&with_address("crm-1", json!({ "countryCode": code }))).await;
        assert_error(&reply, "primaryBillingAddress.countryCode", "UNKNOWN_COUNTRY_CODE");
    }
}

#[tokio::test]
async fn a_corporation_needs_its_corporation_info_and_a_person_does_not() {
    let server = Server::start().await;

    for info in [json!({}), json!({ "corporationInfo": null })] {
        let corporate = merged(json!({ "legalType": "corporate" }), info);
        let reply = server.acme.store(&customer_with("crm-1", corporate)).await;
        assert_error(&reply, "corporationInfo", "REQUIRED");
    }
    let person = json!({ "legalType": "Individual", "corporationInfo": null });
    assert_eq!(server.acme.store(&customer_with("crm-1", person)).await.status, 200);
    let stored = server.acme.store(&company("crm-2")).await;
    assert_eq!(stored.json()["result"]["legalType"], "Corporate");
    assert_eq!(stored.json()["result"]["corporationInfo"], json!({ "companyName": "Acme GmbH" }));
}

#[tokio::test]
async fn the_parts_of_a_corporation_have_limits() {
    let server = Server::start().await;
    let parts = ["companyName", "taxNumber", "taxOffice", "vatNumber", "registrationNumber"];

    let longest: Value = parts.iter().map(|part| (part.to_string(), json!("ß".repeat(255)))).collect();
    let stored = server.acme.store(&with_corporation("crm-1", longest.clone())).await;
    assert_eq!(stored.json()["result"]["corporationInfo"], longest);
    for part in parts {
        for (wrong, code) in
            [(json!("x".repeat(256)), "TOO_LONG"), (json!(""), "BLANK"), (json!(1), "WRONG_TYPE")]
        {
            let reply = server.acme.store(&with_corporation("crm-2", json!({ part: wrong }))).await;
            assert_error(&reply, &format!("corporationInfo.{part}"), code);
        }
    }
    for no_name in [json!(null), json!({})] {
        let reply = server
            .acme
            .store(&customer_with("crm-2", json!({ "corporationInfo": { "taxNumber": "1", "x": no_name } })))
            .await;
        assert_error(&reply, "corporationInfo.companyName", "REQUIRED");
    }
    for no_object in [json!("Acme GmbH"), json!([]), json!(true)] {
        let reply = server.acme.store(&customer_with("crm-2", json!({ "corporationInfo": no_object }))).await;
        assert_error(&reply, "corporationInfo", "WRONG_TYPE");
    }
}

#[tokio::test]
async fn further_properties_of_a_corporation_are_kept_as_sent() {
    let server = Server::start().await;
    let further =
        r#""zone":{"b":1.50,"a":[123456789012345678901234567890,null]},"branch":1e2,"apt":"\u00e9""#;

    let stored =
        store_text(&server, &format!(r#""corporationInfo":{{"companyName":"Acme",{further}}}"#)).await;

    assert_eq!(stored.status, 200);
    assert!(stored.text().contains(further), "{}", stored.text());
    let found = server.acme.info(&format!("urn={}", stored.urn())).await;
    assert!(found.text().contains(further), "{}", found.text());
}

#[tokio::test]
async fn privacy_is_kept_verbatim() {
    let server = Server::start().await;
    let privacy =
        r#"{ "z": 1.50, "a": {"y": 123456789012345678901234567890, "b": []}, "e": 1E2, "s": "\u00e9 " }"#;

    let stored = store_text(&server, &format!(r#""privacy":{privacy}"#)).await;

    assert!(stored.text().contains(&format!(r#""privacy":{privacy}"#)), "{}", stored.text());
    let urn = stored.urn();
    let updated =
        server.acme.update(&json!({ "customer": { "customerUrn": urn, "firstName": "Jane" } })).await;
    assert!(updated.text().contains(privacy));
    assert!(server.acme.info(&format!("urn={urn}")).await.text().contains(privacy));
}

#[tokio::test]
async fn privacy_is_an_object_of_at_most_8_kib_and_5_levels() {
    let server = Server::start().await;
    let sized = |bytes: usize| format!(r#""privacy":{{"a":"{}"}}"#, "x".repeat(bytes - r#"{"a":""}"#.len()));
    let nested = |levels: usize| format!(r#""privacy":{}1{}"#, r#"{"a":"#.repeat(levels), "}".repeat(levels));

    assert_error(&store_text(&server, &sized(KIB_8 + 1)).await, "privacy", "TOO_LARGE");
    assert_error(&store_text(&server, &nested(6)).await, "privacy", "TOO_DEEP");
    for accepted in [sized(KIB_8), nested(5), r#""privacy":{}"#.to_owned()] {
        let stored = store_text(&server, &accepted).await;
        assert_eq!(stored.status, 200, "{:?}", stored.errors());
        server.acme.delete(&json!({ "customerUuid": stored.urn() })).await;
    }
    for no_object in [json!([]), json!("none"), json!(true), json!(0)] {
        let reply = server.acme.store(&customer_with("crm-1", json!({ "privacy": no_object }))).await;
        assert_error(&reply, "privacy", "WRONG_TYPE");
    }
}

fn with_address(external_id: &str, address: Value) -> Value {
    customer_with(external_id, json!({ "primaryBillingAddress": address }))
}

fn with_corporation(external_id: &str, parts: Value) -> Value {
    merged(company(external_id), json!({ "customer": { "corporationInfo": parts } }))
}

/// Posts `crm-1` with these further properties, as text that `json!` would rearrange.
async fn store_text(server: &Server, properties: &str) -> Reply {
    let region = customer("")["claimedRegion"].to_string();
    let body =
        format!(r#"{{"customer":{{"externalIdentifier":"crm-1",{properties}}},"claimedRegion":{region}}}"#);
    server.acme.post("/api/c2a/customer/store", &body).await
}

fn assert_error(reply: &Reply, field: &str, code: &str) {
    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(reply.errors(), [(format!("customer.{field}"), code.to_owned())]);
}
