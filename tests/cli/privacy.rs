//! One log line a request, for machines; and no person, no key in it or in the database's log.

use serde_json::{Value, json};

use crate::support::{Client, Folder, KEY, Program, Server, TENANT, eventually};

const CORRELATION_ID: &str = "0190a0a0-0000-4000-8000-0000000010c5";
/// Parts of what the requests below hold, each in a spelling that a log could use.
const CANARIES: [&str; 7] =
    ["canary", "1701234567", "170 1234567", "sk_dev_acme", "123456789", "Kanarie", "%40"];

#[test]
fn a_request_is_one_json_line_with_its_route_and_its_caller() {
    let folder = Folder::with_database();
    let server = Server::start_with(&Program::in_folder(&folder), &["--log-format", "json"]);
    let reply = server.acme().correlated(CORRELATION_ID).info("exId=crm-1").unwrap();
    assert_eq!(reply.status, 404);

    let line = eventually("the request's line", || {
        requests(&server.stderr()).into_iter().find(|line| line["correlation_id"] == CORRELATION_ID)
    });
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/api/c2a/customer/info");
    assert_eq!(line["status"], 404);
    assert!(line["duration_ms"].as_f64().is_some_and(|duration| duration > 0.0), "{line}");
    assert_eq!(line["tenant"], TENANT);
    assert!(line["actor"].as_str().is_some_and(|actor| actor.starts_with("key:")), "{line}");
    assert_eq!(line["level"], "INFO");
    assert!(line["timestamp"].is_string());
}

#[test]
fn neither_log_holds_a_persons_data_or_a_key_whatever_was_sent() {
    let folder = Folder::with_database();
    let mut server = Server::start_with(&Program::in_folder(&folder), &["--log-format", "json"]);
    let statuses = send_everything(&server.acme(), &Client::new(server.address(), TENANT, "sk_dev_canary"));
    for expected in [200, 400, 401, 404, 409] {
        assert!(statuses.contains(&expected), "{expected} is missing in {statuses:?}");
    }
    server.signal("TERM");
    assert!(server.wait().success());
    folder.wait_until_database_is_gone();

    let stderr = eventually("the log is complete", || {
        Some(server.stderr()).filter(|text| requests(text).len() >= statuses.len())
    });
    assert_eq!(requests(&stderr).len(), statuses.len(), "one line a request");
    assert!(!requests(&stderr).iter().any(|line| line["level"] == "ERROR"), "{stderr}");
    let after_the_greeting = server.stdout().replace(KEY, "");
    for (place, text) in
        [("stderr", stderr), ("stdout", after_the_greeting), ("postgres.log", folder.postgres_log())]
    {
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} in {place}:\n{text}");
        }
    }
}

/// Stored, taken three ways, wrong in many ways, not there at all: the status of each.
fn send_everything(acme: &Client, stranger: &Client) -> Vec<u16> {
    let person = json!({
        "externalIdentifier": "canary-crm", "email": "canary@example.com", "phoneNumber": "+49 170 1234567",
        "firstName": "Kanarie", "privacy": { "note": "canary" },
    });
    let with = |changes: Value| {
        let mut changed = person.clone();
        for (name, value) in changes.as_object().unwrap() {
            changed[name] = value.clone();
        }
        changed
    };
    let customers = [
        person.clone(),
        person.clone(),
        with(json!({ "externalIdentifier": "canary-2" })),
        with(json!({ "externalIdentifier": "canary-3", "email": null })),
        with(json!({ "email": "canary@", "phoneNumber": "0170 1234567" })),
        with(json!({ "gender": "canary", "legalType": "canary", "status": "canary!" })),
        with(json!({ "firstName": "canary\u{0}", "lastName": ["canary"] })),
    ];
    let mut replies: Vec<_> =
        customers.iter().map(|customer| acme.store_customer(customer).unwrap()).collect();
    let urn = replies[0].urn();
    for (endpoint, body) in [
        ("store", r#"{"customer":{"email":"canary@example.com""#.to_owned()),
        ("store", r#"{"customer":{"email":"canary@a.de","email":"canary@b.de"}}"#.to_owned()),
        ("store", r#""canary@example.com""#.to_owned()),
        ("validate", r#"{"externalId":"canary-crm"}"#.to_owned()),
        ("update", json!({ "customer": { "customerUrn": urn, "firstName": "canary" } }).to_string()),
        ("update", json!({ "customer": { "externalIdentifier": "canary-gone", "email": "x" } }).to_string()),
        ("delete", json!({ "customerUuid": "cu.00.canary" }).to_string()),
        ("canary@example.com", "{}".to_owned()),
        ("delete", json!({ "customerUuid": urn }).to_string()),
    ] {
        replies.push(acme.post(endpoint, &body).unwrap());
    }
    for query in ["exId=canary-crm", "exId=canary%40example.com", "urn=canary", "canary=1"] {
        replies.push(acme.info(query).unwrap());
    }
    replies.push(acme.get("/canary@example.com?key=canary").unwrap());
    replies.push(stranger.store_customer(&person).unwrap());
    replies.push(stranger.info("exId=canary-crm").unwrap());
    replies.iter().map(|reply| reply.status).collect()
}

/// Every line of the log is an object; those of requests.
fn requests(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == "request").collect()
}
