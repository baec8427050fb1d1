//! The documents: those committed are those the code makes, and they say all there is to say.

use serde_json::{Value, json};

use azotte_customers::http::documents;

use crate::support::{C2A, Client, Document, PARTNER, Server};

#[test]
fn the_committed_documents_are_those_of_the_routes() {
    let advice = "renew it: cargo run -- openapi NAME > openapi/NAME.json";
    assert!(documents().c2a == C2A, "openapi/c2a.json is out of date; {advice}");
    assert!(documents().partner == PARTNER, "openapi/partner.json is out of date; {advice}");
}

#[tokio::test]
async fn the_server_serves_them_to_everybody() {
    let server = Server::start().await;
    let stranger = Client::stranger(server.address);
    for (path, text) in [("/openapi/c2a.json", C2A), ("/openapi/partner.json", PARTNER)] {
        let reply = stranger.send(reqwest::Method::GET, path, "").await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, Some("application/json")));
        assert!(reply.text() == text, "{path}");
    }
}

/// Only what `routes!` declares is in a document.
#[test]
fn every_route_of_a_surface_is_documented() {
    for source in [include_str!("../../src/http/c2a/mod.rs"), include_str!("../../src/http/partner/mod.rs")] {
        assert!(!source.contains(".route("), "declare it with routes!, so that it is documented");
    }
}

#[test]
fn every_response_is_described_and_shown() {
    for_each_response(|_, place, status, response| {
        assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
        assert!(response["headers"]["X-Correlation-Id"].is_object(), "{place}");
        let is_silent =
            ["202", "304", "401"].contains(&status) || (status == "403" && place.contains("/v1/Customers"));
        assert_eq!(response["content"].is_null(), is_silent, "{place}");
        for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
            assert!(!content["schema"].is_null(), "{place}");
            assert!(!examples(content).is_empty(), "{place}");
        }
        let is_passing = ["429", "503"].contains(&status);
        assert_eq!(response["headers"]["Retry-After"].is_object(), is_passing, "{place}");
    });
}

#[test]
fn every_example_is_what_its_schema_says() {
    for_each_response(|document, place, _, response| {
        for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
            check_examples(document, place, content);
        }
    });
    for document in [Document::c2a(), Document::partner()] {
        for operation in document.operations().iter().filter(|operation| operation.method == "POST") {
            let content = operation.json["requestBody"]["content"].as_object().unwrap();
            content.values().for_each(|content| check_examples(&document, &operation.path, content));
        }
    }
}

#[test]
fn every_operation_has_a_name_a_summary_and_a_description() {
    let mut names = Vec::new();
    for document in [Document::c2a(), Document::partner()] {
        for operation in document.operations() {
            for text in ["summary", "description", "operationId"] {
                assert!(operation.json[text].is_string(), "{} {}: {text}", operation.method, operation.path);
            }
            names.push(operation.json["operationId"].as_str().unwrap().to_owned());
        }
    }
    names.sort();
    let partner = ["create_customer", "delete_customer", "get_customer", "list_customers"];
    let c2a = ["bulk", "compare", "delete", "events", "export", "info", "store", "update", "validate"];
    let mut expected = [&c2a[..], &partner].concat();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

/// So that people can read them, and generators make clients of them.
#[test]
fn every_schema_is_a_plain_one() {
    for document in [Document::c2a(), Document::partner()] {
        for_each_object(&document.json, &mut |object| {
            assert!(object["allOf"].is_null() && object["anyOf"].is_null(), "{object}");
            let pattern = object["pattern"].as_str().unwrap_or_default();
            assert!(pattern.len() <= 60, "{pattern}");
            // `derive` writes it for the dictionaries of answers, with no rule in it.
            let keys = &object["propertyNames"];
            assert!(
                keys.is_null() || object["additionalProperties"]["$ref"].as_str().is_some_and(is_answer),
                "{object}"
            );
        });
        for name in document.json["components"]["schemas"].as_object().unwrap().keys() {
            let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
            assert!(!is_recursive(&document, &reference, &[]), "{name}");
        }
    }
}

#[test]
fn a_recursive_schema_would_be_noticed() {
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let document = |inner: Value| Document {
        json: json!({ "components": { "schemas": { "A": { "items": to("B") }, "B": { "properties": { "x": inner } } } } }),
    };
    assert!(is_recursive(&document(to("A")), &to("A"), &[]));
    assert!(!is_recursive(&document(json!({ "type": "string" })), &to("A"), &[]));
}

fn for_each_object(json: &Value, check: &mut impl FnMut(&Value)) {
    match json {
        Value::Object(object) => {
            check(json);
            object.values().for_each(|inner| for_each_object(inner, check));
        }
        Value::Array(items) => items.iter().for_each(|inner| for_each_object(inner, check)),
        _ => {}
    }
}

fn is_answer(reference: &str) -> bool {
    reference.ends_with("View")
}

/// Whether `schema` leads back to itself, or to one that it stands in.
fn is_recursive(document: &Document, schema: &Value, around: &[&str]) -> bool {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let around = [around, &[reference]].concat();
            let is_known = around[..around.len() - 1].contains(&reference);
            is_known || is_recursive(document, document.resolve(schema), &around)
        }
        None => match schema {
            Value::Object(object) => object.values().any(|inner| is_recursive(document, inner, around)),
            Value::Array(items) => items.iter().any(|inner| is_recursive(document, inner, around)),
            _ => false,
        },
    }
}

fn check_examples(document: &Document, place: &str, content: &Value) {
    let judge = document.judge(&content["schema"]);
    for example in examples(content) {
        let verdict = judge.validate(example);
        assert!(verdict.is_ok(), "{place}: {verdict:?}");
    }
}

fn examples(content: &Value) -> Vec<&Value> {
    let named = content["examples"].as_object().into_iter().flat_map(|examples| examples.values());
    content.get("example").into_iter().chain(named.map(|example| &example["value"])).collect()
}

fn for_each_response(check: impl Fn(&Document, &str, &str, &Value)) {
    for document in [Document::c2a(), Document::partner()] {
        for operation in document.operations() {
            for (status, response) in operation.json["responses"].as_object().unwrap() {
                let place = format!("{} {} {status}", operation.method, operation.path);
                check(&document, &place, status, response);
            }
        }
    }
}
