//! C2A-01-05: a customer by either side's identifier, with what it can pay with.

use serde_json::json;

use crate::support::{
    Reply, Server,
    bodies::{customer, merged, sample},
};

#[tokio::test]
async fn a_customer_is_found_under_every_name_of_its_identifiers() {
    let server = Server::start().await;
    let stored = server.acme.store(&sample()).await;
    let urn = stored.urn();

    for query in [
        format!("urn={urn}"),
        format!("customerUrn={urn}"),
        format!("customerUuid={urn}"),
        "exId=crm-9981273".to_owned(),
        "externalIdentifier=crm-9981273".to_owned(),
        "externalId=crm-9981273".to_owned(),
        format!("unknown=1&urn={urn}&page=2"),
    ] {
        let reply = server.acme.info(&query).await;
        assert_eq!(reply.status, 200, "{query}");
        let options =
            json!({ "options": { "availableChannels": ["CARD", "SEPA"], "canSavePaymentMethod": true } });
        assert_eq!(reply.json()["result"], merged(stored.json()["result"].clone(), options), "{query}");
    }
}

#[tokio::test]
async fn the_urn_wins_and_does_not_fall_back() {
    let server = Server::start().await;
    let first = server.acme.store(&customer("first")).await.urn();
    server.acme.store(&customer("second")).await;

    let both = server.acme.info(&format!("exId=second&customerUuid={first}")).await;
    assert_eq!(both.json()["result"]["externalIdentifier"], "first");
    let nowhere = server.acme.info("urn=cu.00.482&exId=second").await;
    assert_eq!(nowhere.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    assert_invalid(&server.acme.info("urn=482&exId=second").await, "urn", "INVALID_URN");
}

#[tokio::test]
async fn a_query_that_names_nobody_or_twice_or_malformed_is_invalid() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let too_long = format!("exId={}", "x".repeat(256));
    let twice = format!("urn={urn}&urn={urn}");
    let cases = [
        ("", "urn", "REQUIRED"),
        ("URN=cu.00.1", "urn", "REQUIRED"),
        ("urn=", "urn", "INVALID_URN"),
        ("urn", "urn", "INVALID_URN"),
        ("urn=482", "urn", "INVALID_URN"),
        ("urn=cu.00.0", "urn", "INVALID_URN"),
        ("urn=cu.0.1", "urn", "INVALID_URN"),
        ("urn=cu.00.01", "urn", "INVALID_URN"),
        ("urn=cu.00.1%20", "urn", "INVALID_URN"),
        ("urn=cu.00.-1", "urn", "INVALID_URN"),
        ("urn=cu.00.%D9%A1", "urn", "INVALID_URN"),
        ("customerUuid=e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f", "customerUuid", "INVALID_URN"),
        (&twice, "urn", "DUPLICATE_KEY"),
        ("exId=crm-1&exId=crm-1", "exId", "DUPLICATE_KEY"),
        ("exId=", "exId", "BLANK"),
        ("exId=%20crm-1", "exId", "SURROUNDING_WHITE_SPACE"),
        ("exId=crm%00", "exId", "INVALID_CHARACTERS"),
        ("exId=crm%0A1", "exId", "INVALID_CHARACTERS"),
        ("exId=%FF%FE", "exId", "INVALID_CHARACTERS"),
        ("exId=%ED%A0%80", "exId", "INVALID_CHARACTERS"),
        ("externalId=%C3", "externalId", "INVALID_CHARACTERS"),
        (&too_long, "exId", "TOO_LONG"),
    ];

    for (query, field, code) in cases {
        assert_invalid(&server.acme.info(query).await, field, code);
    }
    let without_query = server.acme.send(reqwest::Method::GET, "/api/c2a/customer/info", "").await;
    assert_invalid(&without_query, "urn", "REQUIRED");
}

#[tokio::test]
async fn queries_are_percent_decoded() {
    let server = Server::start().await;
    let spellings = [
        ("Müller & Söhne", "M%C3%BCller%20%26%20S%C3%B6hne"),
        ("a b", "a+b"),
        ("a+b", "a%2Bb"),
        ("100%", "100%25"),
        ("x=y", "x%3Dy"),
        ("x=z", "x=z"),
        ("a/b?c", "a/b?c"),
        ("😀", "%F0%9F%98%80"),
    ];

    for (external_id, encoded) in spellings {
        server.acme.store(&customer(external_id)).await;
        let reply = server.acme.info(&format!("exId={encoded}")).await;
        assert_eq!(reply.json()["result"]["externalIdentifier"], external_id, "{encoded}");
    }
    let urn = server.acme.info("exId=a+b").await.urn();
    assert_eq!(server.acme.info(&format!("%75rn={}", urn.replace('.', "%2E"))).await.urn(), urn);
}

#[tokio::test]
async fn sepa_is_offered_where_the_claimed_country_is_in_it() {
    let server = Server::start().await;
    let sepa = json!({ "availableChannels": ["CARD", "SEPA"], "canSavePaymentMethod": true });
    let card = json!({ "availableChannels": ["CARD"], "canSavePaymentMethod": true });

    for (country, expected) in [
        ("DE", &sepa),
        ("FR", &sepa),
        ("CH", &sepa),
        ("GB", &sepa),
        ("US", &card),
        ("TR", &card),
        ("JP", &card),
    ] {
        let region = json!({ "claimedRegion": { "countryCode": country, "languageCode": "en" } });
        let urn = server.acme.store(&merged(customer(country), region)).await.urn();
        let result = server.acme.info(&format!("urn={urn}")).await.json()["result"].clone();
        assert_eq!(result["options"], *expected, "{country}");
    }
    // The billing address has no say in it.
    let address = json!({ "externalIdentifier": "US", "primaryBillingAddress": { "countryCode": "DE" } });
    server.acme.update(&json!({ "customer": address })).await;
    assert_eq!(server.acme.info("exId=US").await.json()["result"]["options"], card);
}

#[tokio::test]
async fn a_tenant_offers_its_own_channels() {
    let server = Server::start().await;
    let tenant = server.tenant("cards-only").await.client;
    tenant.store(&customer("crm-1")).await;

    let result = tenant.info("exId=crm-1").await.json()["result"].clone();

    assert_eq!(result["options"], json!({ "availableChannels": ["CARD"], "canSavePaymentMethod": true }));
}

#[tokio::test]
async fn it_counts_no_subscriptions() {
    let server = Server::start().await;
    server.acme.store(&sample()).await;

    let reply = server.acme.info("exId=crm-9981273").await;

    assert!(!reply.text().to_lowercase().contains("subscription"));
}

fn assert_invalid(reply: &Reply, field: &str, code: &str) {
    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(reply.errors(), [(field.to_owned(), code.to_owned())]);
}
