//! What every answer looks like, whatever was asked.

use reqwest::Method;
use serde_json::{Value, json};

use azotte_customers::domain::scope::Scope;

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer, customer_with},
    c2a::{self, PREFIXES},
};

#[tokio::test]
async fn every_success_is_an_uncached_envelope_that_says_success_and_no_more() {
    let server = Server::start().await;

    for prefix in PREFIXES {
        let post = async |endpoint: &str, body: Value| {
            server.acme.post(&format!("{prefix}/{endpoint}"), &body.to_string()).await
        };
        let stored = post("store", customer("crm-1")).await;
        let urn = stored.urn();
        let info = server.acme.send(Method::GET, &format!("{prefix}/info?urn={urn}"), "").await;
        let replies = [
            ("store", stored),
            ("validate", post("validate", json!({ "externalId": "crm-1" })).await),
            ("update", post("update", change(&urn, json!({ "firstName": "Jane" }))).await),
            ("info", info),
            ("compare", post("compare", json!({ "by": "version", "ranges": [] })).await),
            ("events", server.acme.send(Method::GET, &format!("{prefix}/events"), "").await),
            ("delete", post("delete", json!({ "customerUuid": urn })).await),
        ];
        // Export and bulk are lines.
        let endpoints = replies.each_ref().map(|(endpoint, _)| *endpoint);
        c2a::assert_all_in(&[&endpoints[..], &["export", "bulk"]].concat());
        for (endpoint, reply) in replies {
            assert_eq!(reply.status, 200, "{endpoint}");
            assert_is_envelope(&reply);
            assert_eq!(reply.json()["status"], json!({ "messageCode": "SUCCESS" }));
        }
    }
}

#[tokio::test]
async fn every_failure_is_an_uncached_envelope_with_its_reason_and_no_result() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let (_, writer) = server.key(server.tenant("writer").await.id, &[Scope::CustomerWrite]).await;

    let failures = [
        (400, "BAD_REQUEST", server.acme.post("/api/c2a/customer/store", "").await),
        (400, "INVALID_REQUEST", server.acme.store(&customer("")).await),
        (403, "FORBIDDEN", writer.validate("crm-1").await),
        (404, "CUSTOMER_NOT_FOUND", server.acme.info("urn=cu.00.482").await),
        (404, "NOT_FOUND", server.acme.send(Method::GET, "/api/c2a/customer/nothing", "").await),
        (404, "NOT_FOUND", server.acme.send(Method::GET, "/nothing", "").await),
        (405, "METHOD_NOT_ALLOWED", server.acme.send(Method::GET, "/api/c2a/customer/store", "").await),
        (409, "CUSTOMER_ALREADY_STORED", server.acme.store(&customer("crm-1")).await),
        (
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            server.acme.with("content-type", "text/plain").validate("crm-1").await,
        ),
    ];
    for (status, code, reply) in failures {
        assert_eq!(reply.outcome(), (status, code.to_owned()));
        assert_is_envelope(&reply);
        let json = reply.json();
        assert_eq!(keys(&json), ["status"], "{code}");
        let expected_errors = matches!(status, 409) || code == "INVALID_REQUEST";
        let expected: &[&str] = match expected_errors {
            true => &["correlationId", "errors", "message", "messageCode"],
            false => &["correlationId", "message", "messageCode"],
        };
        assert_eq!(keys(&json["status"]), expected, "{code}");
        assert!(!json["status"]["message"].as_str().unwrap().is_empty(), "{code}");
    }
}

#[tokio::test]
async fn a_field_error_names_field_and_code_and_says_why() {
    let server = Server::start().await;

    let reply = server.acme.store(&customer_with("crm-1", json!({ "email": "no", "gender": "no" }))).await;

    let status = reply.json()["status"].clone();
    assert_eq!(status["message"], "2 fields are invalid.");
    assert_eq!(keys(&status["errors"][0]), ["code", "field", "message"]);
    assert_eq!(status["errors"][0]["field"], "customer.email");
    assert_eq!(status["errors"][0]["code"], "INVALID_EMAIL");
    assert_eq!(status["errors"][1]["field"], "customer.gender");
}

#[tokio::test]
async fn both_prefixes_answer_alike() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let requests = [
        (Method::POST, "validate", json!({ "externalId": "crm-1" })),
        (Method::POST, "validate", json!({})),
        (Method::POST, "store", customer("crm-1")),
        (Method::POST, "store", json!({})),
        (Method::POST, "update", change("cu.00.482", json!({}))),
        (Method::POST, "delete", json!({ "externalId": "crm-2" })),
        (Method::GET, "info?exId=crm-1", Value::Null),
        (Method::GET, "info?exId=crm-2", Value::Null),
        (Method::GET, "events?limit=0", Value::Null),
        (Method::GET, "events?limit=x&wait=31", Value::Null),
        (Method::POST, "compare", json!({ "by": "version", "items": [] })),
        (Method::POST, "compare", json!({})),
        (Method::GET, "export", Value::Null),
        (Method::GET, "export?after=x", Value::Null),
        (Method::POST, "bulk", json!({})),
        (Method::PUT, "store", Value::Null),
        (Method::POST, "payment/methods", json!({})),
    ];
    c2a::assert_all_in(&requests.each_ref().map(|(_, path, _)| path.split('?').next().unwrap()));

    for (method, endpoint, body) in requests {
        let client = server.acme.with("x-correlation-id", "0190a000-0000-7000-8000-000000000001");
        let client = client.with("content-type", "application/json");
        let [reference, sample] = PREFIXES.map(|prefix| {
            let (client, method, body) = (client.clone(), method.clone(), body.to_string());
            async move { client.send(method, &format!("{prefix}/{endpoint}"), body).await }
        });
        let (reference, sample) = (reference.await, sample.await);
        assert_eq!(reference.status, sample.status, "{endpoint}");
        assert_eq!(reference.text(), sample.text(), "{endpoint}");
    }
}

#[tokio::test]
async fn unknown_routes_are_404_and_the_payment_methods_are_not_ours() {
    let server = Server::start().await;

    for prefix in PREFIXES {
        for path in
            ["", "/", "/nothing", "/Store", "/store/", "/payment/methods", "/payment/methods/1/default"]
        {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let reply = server.acme.send(method, &format!("{prefix}{path}"), "").await;
                assert_eq!(reply.outcome(), (404, "NOT_FOUND".to_owned()), "{prefix}{path}");
                assert_is_envelope(&reply);
            }
        }
    }
    for path in ["/api", "/api/v2/c2a/customer/store", "/api/c2a/customers/store"] {
        assert_eq!(server.acme.send(Method::GET, path, "").await.outcome().1, "NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn the_wrong_method_is_405_and_told_the_right_one() {
    let server = Server::start().await;

    for prefix in PREFIXES {
        for (endpoint, methods) in c2a::endpoints() {
            let allowed = methods.join(",").replace("GET", "GET,HEAD");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                if methods.iter().any(|its| its == method) {
                    continue;
                }
                let reply =
                    server.acme.send(method.parse().unwrap(), &format!("{prefix}{endpoint}"), "").await;
                let place = format!("{method} {endpoint}");
                assert_eq!(reply.outcome(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{place}");
                assert_eq!(reply.header("allow"), Some(allowed.as_str()), "{place}");
                assert_is_envelope(&reply);
            }
        }
    }
}

#[tokio::test]
async fn a_key_without_the_scope_is_forbidden_whatever_it_asks() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    let (_, reader) = server.key(tenant.id, &[Scope::CustomerRead]).await;
    let (_, writer) = server.key(tenant.id, &[Scope::CustomerWrite]).await;
    let (_, eraser) = server.key(tenant.id, &[Scope::CustomerDelete]).await;

    let (_, lister) = server.key(tenant.id, &[Scope::CustomerList]).await;

    let scopes = [
        (reader, &["validate", "info", "events"][..]),
        (writer, &["store", "update", "bulk"]),
        (eraser, &["delete", "bulk"]),
        (lister, &["export", "compare"]),
    ];
    let endpoints = scopes.each_ref().map(|(_, allowed)| *allowed).concat();
    c2a::assert_all_in(&endpoints);
    for (client, allowed) in scopes {
        for endpoint in &endpoints {
            let forbidden = ask(&client, endpoint).await.outcome() == (403, "FORBIDDEN".to_owned());
            assert_eq!(!forbidden, allowed.contains(endpoint), "{endpoint}");
        }
    }
}

/// Asks with nothing in it: 400 to whoever may ask.
async fn ask(client: &Client, endpoint: &str) -> Reply {
    match endpoint {
        "info" => client.info("").await,
        "events" | "export" => {
            client.send(Method::GET, &format!("/api/c2a/customer/{endpoint}?limit=x"), "").await
        }
        _ => client.c2a(endpoint, &json!({})).await,
    }
}

fn assert_is_envelope(reply: &Reply) {
    assert_eq!(reply.header("content-type"), Some("application/clientOutput+Json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.json()["status"]["messageCode"].is_string());
}

/// Names of an object's properties, sorted.
fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}
