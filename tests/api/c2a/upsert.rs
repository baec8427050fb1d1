//! `onConflict`: a store that goes on with the customer that is there.

use azotte_customers::domain::{attribute::Attribute, scope::Scope};
use azotte_customers::sandbox::seed::TENANT_ID;
use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{company, customer, customer_with, merged, sample},
};

/// A store of a customer with these properties, and these words beside it.
fn saying(words: Value, external_id: &str, properties: Value) -> Value {
    merged(customer_with(external_id, properties), words)
}

/// What the answer says of itself.
fn told(reply: &Reply) -> (u16, Value) {
    (reply.status.as_u16(), reply.json()["outcome"].clone())
}

#[tokio::test]
async fn whoever_is_new_is_created_whatever_the_word() {
    let server = Server::start().await;

    for word in ["error", "return", "update", "replace", "RePlace"] {
        let body = saying(json!({ "onConflict": word }), word, json!({ "firstName": "Jane" }));
        let reply = server.acme.store(&body).await;
        assert_eq!(told(&reply), (200, json!("created")), "{word}");
        assert_eq!(reply.header("etag"), Some("\"1\""));
        assert_eq!(reply.json()["result"]["firstName"], "Jane");
        assert_eq!(reply.json()["status"], json!({ "messageCode": "SUCCESS" }));
    }
    assert_eq!(server.counts().await, (5, 5));
}

#[tokio::test]
async fn return_answers_the_customer_as_it_is() {
    let server = Server::start().await;
    let stored = server.acme.store(&sample()).await;
    let before = server.counts().await;

    let body = saying(json!({ "onConflict": "return" }), "crm-9981273", json!({ "firstName": "Joan" }));
    let reply = server.acme.store(&body).await;

    assert_eq!(told(&reply), (200, json!("existing")));
    assert_eq!(reply.json()["result"], stored.json()["result"]);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn update_changes_what_is_sent_and_null_clears() {
    let server = Server::start().await;
    let stored = server.acme.store(&sample()).await.json()["result"].clone();
    let change = json!({ "firstName": "Joan", "lastName": null });

    let body = saying(json!({ "onConflict": "update" }), "crm-9981273", change);
    let reply = server.acme.store(&body).await;

    assert_eq!(told(&reply), (200, json!("updated")));
    let result = reply.json()["result"].clone();
    let mut expected =
        merged(stored, json!({ "firstName": "Joan", "version": 2, "updatedAt": result["updatedAt"] }));
    expected.as_object_mut().unwrap().remove("lastName");
    assert_eq!(result, expected);
    assert_eq!(server.counts().await, (1, 2));
    assert_eq!(told(&server.acme.store(&body).await), (200, json!("unchanged")));
    assert_eq!(server.counts().await, (1, 2));
}

#[tokio::test]
async fn replace_clears_what_is_not_sent() {
    let server = Server::start().await;
    let further = json!({ "customer": { "privacy": { "a": 1 }, "status": "vip" } });
    let stored = server.acme.store(&merged(sample(), further)).await.json()["result"].clone();

    let body = saying(json!({ "onConflict": "replace" }), "crm-9981273", json!({ "firstName": "Joan" }));
    let reply = server.acme.store(&body).await;

    assert_eq!(told(&reply), (200, json!("updated")));
    let result = reply.json()["result"].clone();
    let expected = json!({
        "customerUrn": stored["customerUrn"],
        "externalIdentifier": "crm-9981273",
        "firstName": "Joan",
        "legalType": "Individual",
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
        "status": "Active",
        "version": 2,
        "createdAt": stored["createdAt"],
        "updatedAt": result["updatedAt"],
    });
    assert_eq!(result, expected);
    assert_eq!(told(&server.acme.store(&body).await), (200, json!("unchanged")));
    let other = merged(sample(), json!({ "customer": { "externalIdentifier": "crm-2" } }));
    assert_eq!(server.acme.store(&other).await.status, 200, "identities are free");
}

#[tokio::test]
async fn the_rules_of_a_new_customer_hold_for_every_store() {
    let server = Server::start().await;
    server.acme.store(&company("crm-1")).await;
    let strict = server.tenant_requiring("strict", &[Attribute::Email]).await.client;
    strict.store(&customer_with("crm-1", json!({ "email": "jane@example.com" }))).await;
    let before = server.counts().await;

    for word in ["update", "replace"] {
        let words = json!({ "onConflict": word });
        let no_company = saying(words.clone(), "crm-1", json!({ "legalType": "Corporate" }));
        assert_invalid(&server.acme.store(&no_company).await, "customer.corporationInfo", "REQUIRED");
        let no_email = saying(words.clone(), "crm-1", json!({ "firstName": "Jane" }));
        assert_invalid(&strict.store(&no_email).await, "customer.email", "REQUIRED");
        let mut no_region = saying(words, "crm-1", json!({}));
        no_region.as_object_mut().unwrap().remove("claimedRegion");
        assert_invalid(&server.acme.store(&no_region).await, "claimedRegion", "REQUIRED");
    }
    assert_eq!(server.counts().await, before);
}

/// And for what comes of it: the company stays one, and would lose what makes it one.
#[tokio::test]
async fn the_rules_of_a_record_hold_for_what_it_becomes() {
    let server = Server::start().await;
    server.acme.store(&company("crm-1")).await;

    let body = saying(json!({ "onConflict": "update" }), "crm-1", json!({ "corporationInfo": null }));
    assert_invalid(&server.acme.store(&body).await, "customer.corporationInfo", "REQUIRED");

    let body = saying(json!({ "onConflict": "replace" }), "crm-1", json!({ "corporationInfo": null }));
    let result = server.acme.store(&body).await.json()["result"].clone();
    assert_eq!((&result["legalType"], &result["corporationInfo"]), (&json!("Individual"), &Value::Null));
}

#[tokio::test]
async fn what_a_customer_always_has_is_not_cleared_by_an_update() {
    let server = Server::start().await;

    for field in ["legalType", "status"] {
        for (word, status) in [("update", 400), ("replace", 200), ("error", 200)] {
            let words = json!({ "onConflict": word });
            let external_id = format!("{field}-{word}");
            let reply = server.acme.store(&saying(words, &external_id, json!({ field: null }))).await;
            assert_eq!(reply.status, status, "{field} {word}");
            if status == 400 {
                assert_invalid(&reply, &format!("customer.{field}"), "NOT_CLEARABLE");
            }
        }
    }
    let nobody = json!({ "onConflict": "update", "customer": { "externalIdentifier": null } });
    let reply = server.acme.store(&merged(customer("x"), nobody)).await;
    assert_invalid(&reply, "customer.externalIdentifier", "REQUIRED");
}

#[tokio::test]
async fn another_customer_s_identity_is_a_conflict_and_nothing_is_merged() {
    let server = Server::start().await;
    let holder = server.acme.store(&customer_with("crm-1", json!({ "email": "a@example.com" }))).await.urn();
    server.acme.store(&customer("crm-2")).await;
    let before = server.counts().await;

    for word in ["return", "update", "replace"] {
        for external_id in ["crm-2", "crm-3"] {
            let body =
                saying(json!({ "onConflict": word }), external_id, json!({ "email": "A@example.com" }));
            let reply = server.acme.store(&body).await;
            if (word, external_id) == ("return", "crm-2") {
                assert_eq!(told(&reply), (200, json!("existing")));
                continue;
            }
            assert_eq!(
                reply.outcome(),
                (409, "USER_WITH_SAME_EMAIL_EXISTS".to_owned()),
                "{word} {external_id}"
            );
            assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"], holder);
            assert_eq!(reply.json()["outcome"], Value::Null);
        }
    }
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn an_erased_customer_is_not_there() {
    let server = Server::start().await;
    let first = server.acme.store(&customer("crm-1")).await.urn();
    server.acme.delete(&json!({ "customerUuid": first })).await;

    let reply = server.acme.store(&saying(json!({ "onConflict": "replace" }), "crm-1", json!({}))).await;

    assert_eq!(told(&reply), (200, json!("created")));
    assert_ne!(reply.urn(), first);
}

/// `If-Match` is about the customer that is there: who sends it means no other, and no new one.
#[tokio::test]
async fn a_version_is_expected_of_the_customer_that_is_there() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    for word in ["return", "update", "replace"] {
        let words = json!({ "onConflict": word });
        let body = saying(words.clone(), "crm-1", json!({ "firstName": "Jane" }));
        let reply = server.acme.with("if-match", "\"9\"").store(&body).await;
        assert_eq!(reply.outcome(), (412, "VERSION_MISMATCH".to_owned()), "{word}");
        assert_eq!(reply.json()["status"]["currentVersion"], 1);
        for any in ["*", "\"1\""] {
            let reply =
                server.acme.with("if-match", any).store(&saying(words.clone(), "crm-2", json!({}))).await;
            assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()), "{word} {any}");
        }
        let reply = server.acme.with("if-match", "no tag").store(&body).await;
        assert_invalid(&reply, "If-Match", "INVALID_VERSION");
    }
    assert_eq!(server.counts().await, (1, 1));
    let body = saying(json!({ "onConflict": "update" }), "crm-1", json!({ "firstName": "Jane" }));
    assert_eq!(told(&server.acme.with("if-match", "\"1\"").store(&body).await), (200, json!("updated")));
    assert_eq!(told(&server.acme.with("if-match", "*").store(&body).await), (200, json!("unchanged")));
}

/// As ever: a plain store does not know the header.
#[tokio::test]
async fn a_store_that_may_only_create_looks_at_no_version() {
    let server = Server::start().await;

    for (n, tag) in ["\"9\"", "no tag"].into_iter().enumerate() {
        let client = server.acme.with("if-match", tag);
        assert_eq!(client.store(&customer(&format!("plain-{n}"))).await.status, 200);
        let body = saying(json!({ "onConflict": "error" }), &format!("error-{n}"), json!({}));
        assert_eq!(told(&client.store(&body).await), (200, json!("created")));
    }
}

#[tokio::test]
async fn who_may_not_read_is_told_what_became_of_it_and_no_more() {
    let server = Server::start().await;
    let (_, writer) = server.key(TENANT_ID.0, &[Scope::CustomerWrite]).await;
    let words = json!({ "sourceVersion": 5 });
    server.acme.store(&saying(words, "crm-1", json!({ "firstName": "Secret" }))).await;

    for (word, outcome) in [("return", "existing"), ("update", "updated"), ("replace", "updated")] {
        let words = json!({ "onConflict": word, "sourceVersion": 6 + word.len() });
        let reply = writer.store(&saying(words, "crm-1", json!({ "lastName": word }))).await;
        assert_eq!(told(&reply), (200, json!(outcome)));
        let shown: Vec<_> = reply.json()["result"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(shown, ["customerUrn", "version"], "{word}");
    }
    let stale = json!({ "onConflict": "update", "sourceVersion": 1, "onStale": "error" });
    for (client, is_named) in [(&writer, false), (&server.acme, true)] {
        let reply = client.store(&saying(stale.clone(), "crm-1", json!({}))).await;
        assert_eq!(reply.outcome(), (409, "STALE_SOURCE_VERSION".to_owned()));
        assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"].is_string(), is_named);
    }
}

/// The customer's data is in the kept reply, so it goes with the customer.
#[tokio::test]
async fn a_kept_reply_is_the_customer_s_that_was_there() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    let bodies = [
        ("return", json!({ "onConflict": "return" })),
        ("stale", json!({ "onConflict": "update", "sourceVersion": 1, "onStale": "error" })),
    ];
    let newer = json!({ "onConflict": "update", "sourceVersion": 2 });
    server.acme.store(&saying(newer, "crm-9981273", json!({}))).await;
    for (key, words) in &bodies {
        let reply = server
            .acme
            .with("idempotency-key", key)
            .store(&saying(words.clone(), "crm-9981273", json!({})))
            .await;
        assert!(matches!(reply.status.as_u16(), 200 | 409), "{key}");
    }

    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let kept: i64 = sqlx::query_scalar("select count(*) from idempotency_records where body is not null")
        .fetch_one(&server.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0);
    for (key, words) in bodies {
        let retry =
            server.acme.with("idempotency-key", key).store(&saying(words, "crm-9981273", json!({}))).await;
        assert_eq!(retry.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()), "{key}");
    }
}

/// As JSON Schema reads numbers: `3.0` and `3e0` are whole.
#[tokio::test]
async fn a_source_version_may_be_spelled_in_any_way_that_json_has_for_it() {
    let server = Server::start().await;

    for (n, (sent, kept)) in [
        ("3059", 3059),
        ("3059.0", 3059),
        ("3.059e3", 3059),
        ("30590000E-4", 3059),
        ("1e+16", 10_000_000_000_000_000),
        ("9223372036854775807.0", i64::MAX),
        ("-0.0", 0),
        ("0e400", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let body = customer(&format!("crm-{n}")).to_string();
        let body = body.replacen('{', &format!("{{\"sourceVersion\":{sent},"), 1);
        let reply = server.acme.c2a_text("store", &body).await;
        assert_eq!(reply.json()["result"]["sourceVersion"], kept, "{sent}: {}", reply.text());
    }
    for (sent, code) in [
        ("3059.5", "WRONG_TYPE"),
        ("1e-1", "WRONG_TYPE"),
        ("1e300", "OUT_OF_RANGE"),
        ("-1.0", "OUT_OF_RANGE"),
    ] {
        let body = customer("crm-x").to_string();
        let body = body.replacen('{', &format!("{{\"sourceVersion\":{sent},"), 1);
        assert_invalid(&server.acme.c2a_text("store", &body).await, "sourceVersion", code);
    }
}

#[tokio::test]
async fn words_that_are_none_are_refused_by_name() {
    let server = Server::start().await;

    for (words, field, code) in [
        (json!({ "onConflict": "merge" }), "onConflict", "NOT_IN_LIST"),
        (json!({ "onConflict": "" }), "onConflict", "BLANK"),
        (json!({ "onConflict": 1 }), "onConflict", "WRONG_TYPE"),
        (json!({ "onStale": "retry" }), "onStale", "NOT_IN_LIST"),
        (json!({ "sourceVersion": -1 }), "sourceVersion", "OUT_OF_RANGE"),
        (json!({ "sourceVersion": 9_223_372_036_854_775_808_u64 }), "sourceVersion", "OUT_OF_RANGE"),
        (json!({ "sourceVersion": "9223372036854775808" }), "sourceVersion", "OUT_OF_RANGE"),
        (json!({ "sourceVersion": 1.5 }), "sourceVersion", "WRONG_TYPE"),
        (json!({ "sourceVersion": "v1" }), "sourceVersion", "WRONG_TYPE"),
        (json!({ "sourceVersion": "" }), "sourceVersion", "WRONG_TYPE"),
        (json!({ "sourceVersion": true }), "sourceVersion", "WRONG_TYPE"),
        (json!({ "sourceVersion": { "n": 1 } }), "sourceVersion", "WRONG_TYPE"),
    ] {
        assert_invalid(&server.acme.store(&merged(customer("crm-1"), words.clone())).await, field, code);
        if field != "onConflict" {
            assert_invalid(&server.acme.update(&merged(customer("crm-1"), words)).await, field, code);
        }
    }
    assert_eq!(server.counts().await, (0, 0));
}

fn assert_invalid(reply: &Reply, field: &str, code: &str) {
    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{}", reply.text());
    assert_eq!(reply.errors(), [(field.to_owned(), code.to_owned())]);
}
