//! The body of a bulk request: what is wrong with a line is told of that line.

use reqwest::Method;
use serde_json::{Value, json};

use super::bulk::{outcomes, store};
use crate::support::{Reply, Server, ndjson};

fn codes(reply: &Reply) -> Vec<String> {
    outcomes(reply).into_iter().map(|(_, code)| code).collect()
}

#[tokio::test]
async fn a_line_that_is_wrong_fails_alone_with_its_number_and_its_reference() {
    let server = Server::start().await;
    let good = |n: usize| store(&format!("crm-{n}"), json!({})).to_string().into_bytes();
    let long = format!(r#"{{"ref":"long","operation":"store","x":"{}"}}"#, "x".repeat(64 * 1024));
    let lines: [(Vec<u8>, &str, Option<&str>); 14] = [
        (good(1), "SUCCESS", None),
        (br#"{"ref":"cut","operation":"store","customer":{"#.to_vec(), "BAD_REQUEST", Some("cut")),
        (b"nonsense".to_vec(), "BAD_REQUEST", None),
        (b"[]".to_vec(), "BAD_REQUEST", None),
        (
            b"{\"ref\":\"utf-8\",\"operation\":\"store\",\"x\":\"\xff\"}".to_vec(),
            "BAD_REQUEST",
            Some("utf-8"),
        ),
        (long.into_bytes(), "PAYLOAD_TOO_LARGE", Some("long")),
        (br#"{"ref":"merge","operation":"merge"}"#.to_vec(), "INVALID_REQUEST", Some("merge")),
        (br#"{"ref":"none"}"#.to_vec(), "INVALID_REQUEST", Some("none")),
        (br#"{"ref":1,"operation":"delete","externalId":""}"#.to_vec(), "INVALID_REQUEST", None),
        (br#"{"ref":"twice","ref":"x","operation":"delete"}"#.to_vec(), "INVALID_REQUEST", None),
        (
            br#"{"ref":"nul","operation":"delete","externalId":"\u0000"}"#.to_vec(),
            "INVALID_REQUEST",
            Some("nul"),
        ),
        ("\u{feff}{\"ref\":\"bom\"}".into(), "BAD_REQUEST", None),
        (b"\r".to_vec(), "", None),
        (good(2), "SUCCESS", None),
    ];

    let body: Vec<_> = lines.iter().flat_map(|(line, _, _)| [line, &b"\n"[..]].concat()).collect();
    let reply = server.acme.bulk_with("", body).await;

    let expected = lines.iter().zip(1..).filter(|((_, code, _), _)| !code.is_empty());
    let expected: Vec<_> =
        expected.map(|((_, code, reference), line)| (json!(line), json!(code), json!(reference))).collect();
    let answers = reply.lines();
    let told = answers[..answers.len() - 1].iter();
    let told: Vec<_> = told
        .map(|line| (line["line"].clone(), line["status"]["messageCode"].clone(), line["ref"].clone()))
        .collect();
    assert_eq!(told, expected);
    let errors = |line: usize| -> Vec<Value> {
        let errors = answers[line]["status"]["errors"].as_array().unwrap().iter();
        errors.map(|error| json!([error["field"], error["code"]])).collect()
    };
    assert_eq!(errors(6), [json!(["operation", "NOT_IN_LIST"])]);
    assert_eq!(errors(7), [json!(["operation", "REQUIRED"])]);
    assert_eq!(errors(8), [json!(["ref", "WRONG_TYPE"]), json!(["externalId", "BLANK"])]);
    assert_eq!(errors(9), [json!(["ref", "DUPLICATE_KEY"])]);
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test]
async fn names_that_mean_nothing_in_any_line_are_told_on_the_answer() {
    let server = Server::start().await;
    let mut lines = vec![store("a", json!({ "firstname": "Jane" })), store("b", json!({}))];
    lines[1]["onconflict"] = json!("update");

    let reply = server.acme.bulk(&lines).await;

    assert_eq!(codes(&reply), ["SUCCESS"; 2]);
    assert_eq!(reply.header("unrecognized-properties"), Some("customer.firstname, onconflict"));
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_told_before_any_line() {
    let server = Server::start().await;
    let line = ndjson(&[store("a", json!({}))]);
    let send = async |query: &str, headers: &[(&str, &str)], body: &str| {
        let mut client = server.acme.with("content-type", "application/x-ndjson");
        for (name, value) in headers {
            client = client.with(name, value);
        }
        client.send(Method::POST, &format!("/api/c2a/customer/bulk?{query}"), body.to_owned()).await
    };

    assert_eq!(send("", &[], "").await.outcome(), (400, "BAD_REQUEST".to_owned()));
    for content_type in ["application/json", "text/plain", "application/x-ndjson; charset=latin1"] {
        let reply = send("", &[("content-type", content_type)], &line).await;
        assert_eq!(reply.outcome(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{content_type}");
    }
    let zipped = send("", &[("content-encoding", "gzip")], &line).await;
    assert_eq!(zipped.outcome(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    for (query, header, field, code) in [
        ("", ("idempotency-key", "x"), "Idempotency-Key", "NOT_SUPPORTED"),
        ("", ("if-match", "\"1\""), "If-Match", "NOT_SUPPORTED"),
        ("dryrun=true", ("x", "x"), "dryrun", "NOT_SUPPORTED"),
        ("dryRun=yes", ("x", "x"), "dryRun", "NOT_IN_LIST"),
        ("stopAfter=0", ("x", "x"), "stopAfter", "OUT_OF_RANGE"),
        ("stopAfter=1&stopAfter=2", ("x", "x"), "stopAfter", "DUPLICATE_KEY"),
    ] {
        let reply = send(query, &[header], &line).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{query} {header:?}");
        assert_eq!(reply.errors(), [(field.to_owned(), code.to_owned())]);
    }
    assert_eq!(server.counts().await, (0, 0));
    let odd = send("", &[("content-type", "Application/X-NDJSON; charset=UTF8")], &line).await;
    assert_eq!(odd.status, 200);
}

#[tokio::test]
async fn after_so_many_failures_no_further_batch_is_begun() {
    let server = Server::start().await;
    let wrong = || store("x", json!({ "email": "no" }));
    let good = |n: usize| store(&format!("crm-{n}"), json!({}));
    let lines = [good(1), wrong(), good(2), wrong(), good(3), wrong()];

    let reply = server.acme.bulk_with("stopAfter=2", ndjson(&lines)).await;

    let answers = reply.lines();
    assert_eq!(answers.len(), 5);
    assert_eq!(
        (&answers[4]["summary"]["lines"], &answers[4]["summary"]["stopped"]),
        (&json!(4), &json!(true))
    );
    assert_eq!(server.counts().await.0, 2);
    let all = server.acme.bulk_with("stopAfter=3", ndjson(&lines)).await.lines();
    assert_eq!((all.len(), &all[6]["summary"]["stopped"]), (7, &Value::Null), "nothing was left out");
}

/// Such an answer is bounded by its errors.
#[tokio::test]
async fn an_answer_to_nothing_but_errors_stays_small() {
    let server = Server::start().await;
    let wrong: Value = (0..40).map(|n| (format!("{n}{}", "x".repeat(60)), json!("\u{0}"))).collect();
    let mut line = store("a", json!({ "privacy": wrong }));
    line["ref"] = json!("é".repeat(64));
    let line = line.to_string();
    let many = 16 * 1024 * 1024 / (line.len() + 1);

    let reply = server.acme.bulk_with("", vec![line; many].join("\n")).await;

    let answers = reply.lines();
    assert_eq!((answers.len(), &answers[many]["summary"]["failed"]), (many + 1, &json!(many)));
    assert_eq!(answers[0]["status"]["message"], "40 fields are invalid.");
    assert_eq!(answers[0]["status"]["errors"].as_array().unwrap().len(), 10);
    assert!(reply.body.len() < 8 * 1024 * 1024, "{}", reply.body.len());
}
