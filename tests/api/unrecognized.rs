//! `Unrecognized-Properties`: a misspelled property is ignored, and told.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{change, company, customer, customer_with, merged, sample},
    partners::{self, INSTANCE, RESELLER},
};

fn told(reply: &Reply) -> Vec<&str> {
    reply.header("unrecognized-properties").map(|paths| paths.split(", ").collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_misspelled_property_is_told_whatever_the_answer_is() {
    let server = Server::start().await;
    let misspelled = json!({ "firstname": "Jane", "claimedRegion": { "country": "DE" } });
    let body = merged(
        customer_with("crm-1", misspelled),
        json!({ "Customer": {}, "claimedRegion": { "lang": "de" } }),
    );
    let expected = ["Customer", "claimedRegion.lang", "customer.claimedRegion.country", "customer.firstname"];

    let stored = server.acme.store(&body).await;
    assert_eq!((stored.status.as_u16(), told(&stored)), (200, expected.to_vec()));
    let conflict = server.acme.store(&body).await;
    assert_eq!((conflict.status.as_u16(), told(&conflict)), (409, expected.to_vec()));
    let invalid = server.acme.store(&merged(body, json!({ "customer": { "email": "no" } }))).await;
    assert_eq!((invalid.status.as_u16(), told(&invalid)), (400, expected.to_vec()));

    let updated = server.acme.update(&change(&stored.urn(), json!({ "mail": "a@example.com" }))).await;
    assert_eq!((updated.status.as_u16(), told(&updated)), (200, vec!["customer.mail"]));
    let validated = server.acme.c2a("validate", &json!({ "externalId": "crm-1", "urn": 1 })).await;
    assert_eq!((validated.status.as_u16(), told(&validated)), (200, vec!["urn"]));
    let deleted = server.acme.delete(&json!({ "customerUUID": stored.urn() })).await;
    assert_eq!((deleted.status.as_u16(), told(&deleted)), (400, vec!["customerUUID"]));
}

#[tokio::test]
async fn partners_are_told_too_by_the_keys_of_their_dictionaries() {
    let server = Server::with_partners().await;
    let at = INSTANCE.to_string();
    let margin = |further: Value| {
        merged(json!({ "marginRule": { "name": "Markup", "Rule": 1 }, "value": 1 }), further)
    };
    let entry = json!({
        "margin": margin(json!({ "currency": "EUR" })),
        "offerTypeMargins": { "license": margin(json!({ "amount": 1 })) },
        "providerId": 1,
    });
    let body = partners::customer_with(
        "ana",
        json!({
            "CompanyName": "Ana",
            "providerCustomers": { &at: entry },
            "customerAssociations": [{ "resellerId": RESELLER, "title": "x" }],
        }),
    );

    let created = server.csp().create(&body).await;

    assert_eq!(created.status, 201, "{}", created.text());
    let inside = |path: &str| format!("providerCustomers.{at}.{path}");
    assert_eq!(
        told(&created),
        [
            "CompanyName",
            "customerAssociations[0].title",
            &inside("margin.currency"),
            &inside("margin.marginRule.Rule"),
            &inside("offerTypeMargins.license.amount"),
            &inside("offerTypeMargins.license.marginRule.Rule"),
            &inside("providerId"),
        ]
    );
}

/// What is read, what is kept, and what an answer says and the server ignores.
#[tokio::test]
async fn what_means_something_is_not_told() {
    let server = Server::with_partners().await;
    let further = json!({ "any": { "thing": 1 } });
    let objects = json!({
        "primaryBillingAddress": { "countryCode": "DE", "district": "Mitte", "further": further },
        "corporationInfo": { "companyName": "Initech", "lei": "5299", "further": further },
        "privacy": further,
    });
    for body in [sample(), merged(company("corp-1"), json!({ "customer": objects }))] {
        let stored = server.acme.store(&body).await;
        assert_eq!((stored.status.as_u16(), told(&stored)), (200, vec![]));

        let shown = server.acme.info(&format!("urn={}", stored.urn())).await.json()["result"].clone();
        let back = merged(json!({ "customer": shown }), json!({ "customer": { "tenantId": "acme" } }));
        for endpoint in ["update", "store"] {
            assert_eq!(
                told(&server.acme.c2a(endpoint, &back).await),
                Vec::<&str>::new(),
                "{endpoint}: {back}"
            );
        }
        for names in [["customerUuid", "externalIdentifier"], ["customerUrn", "externalId"]] {
            let target = json!({ names[0]: stored.urn(), names[1]: "crm-1" });
            assert_eq!(told(&server.acme.delete(&target).await), Vec::<&str>::new());
        }
        let aliases = json!({ "externalId": "a", "externalIdentifier": "a" });
        assert_eq!(told(&server.acme.c2a("validate", &aliases).await), Vec::<&str>::new());
    }
    // As in upstream's example.
    let margin = json!({ "MarginRule": { "Name": "Markup" }, "Value": 10 });
    let entry = json!({ "margin": margin, "offerTypeMargins": { "Value": { "license": margin } } });
    let body =
        partners::customer_with("ana", json!({ "providerCustomers": { INSTANCE.to_string(): entry } }));
    let created = server.csp().create(&body).await;
    assert_eq!((created.status.as_u16(), told(&created)), (201, vec![]));
    let shown = server.csp().get(created.json().as_str().unwrap()).await.json();
    let again = server.csp().create(&shown).await;
    assert_eq!((again.status.as_u16(), told(&again)), (200, vec![]));
}

/// A name may be anything: a secret, a person, a header of its own.
#[tokio::test]
async fn a_name_that_looks_like_no_property_is_not_repeated() {
    let server = Server::start().await;
    let long = "n".repeat(31);
    let key = "sk_live_abcdefghijklmnopqrstuvwxyz0123456789AB";
    for name in [
        "jane.doe@example.com",
        "+491701234567",
        "4915112345678",
        key,
        "01a1fbd7-adbc-7617-a5a1-fe7dd079af7f",
        "a\r\nset-cookie: x",
        "a, b",
        "straße",
        "first name",
        "",
        &long,
    ] {
        let reply = server.acme.store(&customer_with("crm-1", json!({ name: "canary" }))).await;
        assert_eq!(told(&reply), ["customer.?"], "{name:?}");
        assert_eq!(reply.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn ten_paths_are_told_and_no_more_than_a_header_has_room_for() {
    let server = Server::with_partners().await;
    let many: Value = (0..100).map(|number| (format!("p{number:02}"), json!(number))).collect();

    let reply = server.acme.store(&customer_with("crm-1", many)).await;
    let expected: Vec<_> = (0..10).map(|number| format!("customer.p{number:02}")).collect();
    assert_eq!(told(&reply), expected);

    let offer_type = "o".repeat(64);
    let margins: Value =
        (0..20).map(|number| (format!("{number:02}{}", &offer_type[2..]), json!({ "wrong": 1 }))).collect();
    let entry = json!({ "offerTypeMargins": margins });
    let body =
        partners::customer_with("ana", json!({ "providerCustomers": { INSTANCE.to_string(): entry } }));
    let reply = server.csp().create(&body).await;
    let value = reply.header("unrecognized-properties").unwrap();
    assert!(value.len() <= 1024, "{}", value.len());
    assert!(told(&reply).len() > 3 && told(&reply).iter().all(|path| path.ends_with(".wrong")), "{value}");
}

#[tokio::test]
async fn query_parameters_are_told_too() {
    let server = Server::start().await;

    let info = server.acme.info("email=jane.doe%40example.com&exid=crm-1&a%40b=c&").await;
    assert_eq!(told(&info), ["email", "exid", "?"]);
    assert_eq!(info.errors(), [("urn".to_owned(), "REQUIRED".to_owned())]);
    assert!(info.text().contains("exId"), "{}", info.text());
    let known = "urn=cu.00.1&customerUrn=&customerUuid=&exId=&externalIdentifier=&externalId=";
    assert_eq!(told(&server.acme.info(known).await), Vec::<&str>::new());

    let list = server.csp().list("pagesize=1&pageNumber=1").await;
    assert_eq!((list.status.as_u16(), told(&list)), (200, vec!["pagesize"]));
    let known = "pageNumber=1&pageSize=1&searchField=Domain&search=a&includeDeleted=true&resellerId=&continuationToken=";
    assert_eq!(told(&server.csp().list(known).await), Vec::<&str>::new());
}

/// They are of the request, as its correlation id is.
#[tokio::test]
async fn a_kept_reply_tells_those_of_its_own_request() {
    let server = Server::start().await;
    let acme = server.acme.with("idempotency-key", "one");
    let body = customer_with("crm-1", json!({ "mail": 1 }));
    acme.store(&body).await;

    let replayed = acme.store(&body).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(told(&replayed), ["customer.mail"]);
    let other = acme.store(&customer_with("crm-1", json!({ "nail": 1 }))).await;
    assert_eq!((other.status.as_u16(), told(&other)), (422, vec!["customer.nail"]));
}

#[tokio::test]
async fn who_may_not_ask_is_told_nothing() {
    let server = Server::start().await;
    let body = customer_with("crm-1", json!({ "mail": 1 })).to_string();

    let stranger =
        server.acme.with("x-api-key", "sk_dev_nobody").post("/api/c2a/customer/store", &body).await;
    assert_eq!((stranger.status.as_u16(), told(&stranger)), (401, vec![]));
    let text = server
        .acme
        .with("content-type", "text/plain")
        .send(Method::POST, "/api/c2a/customer/store", body)
        .await;
    assert_eq!((text.status.as_u16(), told(&text)), (415, vec![]));
    // The next request on the same connection begins anew.
    assert_eq!(told(&server.acme.store(&customer("crm-1")).await), Vec::<&str>::new());
}
