//! What the drift check does not take, and how much of what it does.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    properties::for_all,
    support::{
        Server,
        bodies::customer,
        compare::{item, range},
        eventually::eventually,
    },
};

const COMPARE: &str = "/api/c2a/customer/compare";

#[tokio::test]
async fn every_wrong_shape_is_an_error_of_its_field() {
    let server = Server::start().await;
    let nothing = "0".repeat(32);
    let good = range("", None, &[]);
    let with = |name: &str, value: Value| {
        let mut range = good.clone();
        range[name] = value;
        json!({ "by": "version", "ranges": [good, range] })
    };
    let items = |items: Value| json!({ "by": "version", "after": "b", "upTo": "d", "items": items });
    let id = |value: Value| items(json!([{ "externalIdentifier": value, "version": 1 }]));
    for (body, errors) in [
        (json!({}), vec![("by", "REQUIRED"), ("ranges", "REQUIRED")]),
        (
            json!({ "by": null, "ranges": null, "items": null }),
            vec![("by", "REQUIRED"), ("ranges", "REQUIRED")],
        ),
        (json!({ "by": 1, "ranges": [] }), vec![("by", "WRONG_TYPE")]),
        (json!({ "by": "name", "ranges": [] }), vec![("by", "NOT_IN_LIST")]),
        (json!({ "by": " ", "ranges": [] }), vec![("by", "BLANK")]),
        (json!({ "by": "version", "ranges": {} }), vec![("ranges", "WRONG_TYPE")]),
        (json!({ "by": "version", "ranges": vec![&good; 101] }), vec![("ranges", "TOO_MANY")]),
        (json!({ "by": "version", "items": "x" }), vec![("items", "WRONG_TYPE")]),
        (
            json!({ "by": "version", "items": (0..5001).map(|n| item(&n.to_string(), 1)).collect::<Vec<_>>() }),
            vec![("items", "TOO_MANY")],
        ),
        (
            json!({ "by": "version", "ranges": [], "items": [], "after": "", "upTo": "x" }),
            vec![("after", "NOT_TOGETHER"), ("items", "NOT_TOGETHER"), ("upTo", "NOT_TOGETHER")],
        ),
        (
            json!({ "by": "version", "ranges": [null, [], 1] }),
            vec![("ranges[0]", "REQUIRED"), ("ranges[1]", "WRONG_TYPE"), ("ranges[2]", "WRONG_TYPE")],
        ),
        (
            json!({ "by": "version", "ranges": [{}] }),
            vec![("ranges[0].count", "REQUIRED"), ("ranges[0].digest", "REQUIRED")],
        ),
        (with("count", json!(5001)), vec![("ranges[1].count", "OUT_OF_RANGE")]),
        (with("count", json!(-1)), vec![("ranges[1].count", "OUT_OF_RANGE")]),
        (with("count", json!(1.5)), vec![("ranges[1].count", "WRONG_TYPE")]),
        (with("count", json!("1")), vec![("ranges[1].count", "WRONG_TYPE")]),
        (with("digest", json!(&nothing[1..])), vec![("ranges[1].digest", "INVALID_DIGEST")]),
        (with("digest", json!("g".repeat(32))), vec![("ranges[1].digest", "INVALID_DIGEST")]),
        (with("digest", json!(0)), vec![("ranges[1].digest", "WRONG_TYPE")]),
        (with("after", json!(1)), vec![("ranges[1].after", "WRONG_TYPE")]),
        (with("after", json!("x".repeat(256))), vec![("ranges[1].after", "TOO_LONG")]),
        (with("upTo", json!("\u{ffff}")), vec![("ranges[1].upTo", "INVALID_CHARACTERS")]),
        (with("upTo", json!("")), vec![("ranges[1].upTo", "NOT_BEHIND")]),
        (
            json!({ "by": "version", "ranges": [range("b", Some("a"), &[]), range("\u{10000}", Some("\u{ffee}"), &[])] }),
            vec![("ranges[0].upTo", "NOT_BEHIND"), ("ranges[1].upTo", "NOT_BEHIND")],
        ),
        (json!({ "by": "version", "after": "b", "upTo": "b", "items": [] }), vec![("upTo", "NOT_BEHIND")]),
        (items(json!([null])), vec![("items[0]", "REQUIRED")]),
        (
            items(json!([{}])),
            vec![("items[0].externalIdentifier", "REQUIRED"), ("items[0].version", "REQUIRED")],
        ),
        (id(json!(null)), vec![("items[0].externalIdentifier", "REQUIRED")]),
        (id(json!("b")), vec![("items[0].externalIdentifier", "OUT_OF_RANGE")]),
        (id(json!("da")), vec![("items[0].externalIdentifier", "OUT_OF_RANGE")]),
        (id(json!("c\u{0}")), vec![("items[0].externalIdentifier", "INVALID_CHARACTERS")]),
        (items(json!([item("c", 1), item("c", 2)])), vec![("items[1].externalIdentifier", "DUPLICATE")]),
        (
            items(json!([{ "externalIdentifier": "c", "sourceVersion": 1 }])),
            vec![("items[0].version", "REQUIRED")],
        ),
        (items(json!([item("c", -1)])), vec![("items[0].version", "OUT_OF_RANGE")]),
        (
            json!({ "by": "sourceVersion", "items": [{ "externalIdentifier": "c", "sourceVersion": "x" }] }),
            vec![("items[0].sourceVersion", "WRONG_TYPE")],
        ),
    ] {
        let reply = server.acme.compare(&body).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{body}");
        let told = reply.errors();
        let told: Vec<_> = told.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
        assert_eq!(told, errors, "{body}");
    }
}

#[tokio::test]
async fn as_much_is_taken_as_is_said() {
    let server = Server::start().await;
    let ranges = (0..100).map(|n| range(&n.to_string(), None, &[])).collect::<Vec<_>>();
    assert_eq!(server.acme.compare(&json!({ "by": "VERSION", "ranges": ranges })).await.status, 200);

    // The longest there are.
    let items: Vec<_> =
        (0..5000).map(|n| item(&format!("{n:04}{}", "\u{10fffd}".repeat(251)), i64::MAX)).collect();
    let body = json!({ "by": "version", "items": items }).to_string();
    assert!(body.len() > 5_000_000, "{}", body.len());
    let reply = server.acme.post(COMPARE, &body).await;
    assert_eq!(reply.status, 200, "{:?}", reply.errors());
    assert_eq!(reply.json()["result"]["missingHere"].as_array().unwrap().len(), 5000);

    // Refused unread.
    let larger = format!("content-length: {}", 6 * 1024 * 1024 + 1);
    let json = server.acme.with("content-type", "application/json");
    let reply = json.post_raw(COMPARE, &[&larger], b"").await;
    assert_eq!(reply.outcome(), (413, "PAYLOAD_TOO_LARGE".to_owned()));
    // Of the other endpoints nothing has changed.
    let reply = server.acme.post("/api/c2a/customer/store", &" ".repeat(64 * 1024 + 1)).await;
    assert_eq!(reply.outcome(), (413, "PAYLOAD_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn a_long_list_is_refused_in_a_short_answer_and_misspelled_names_are_told() {
    let server = Server::start().await;
    let long = format!(r#"{{"by":"version","items":[{}1]}}"#, "1,".repeat(2_000_000));
    let reply = server.acme.post(COMPARE, &long).await;
    assert_eq!(reply.errors(), [("items".to_owned(), "TOO_MANY".to_owned())]);

    let items: Vec<_> = (0..5000).map(|n| json!({ "externalIdentifier": n, "Version": 1 })).collect();
    let reply = server.acme.compare(&json!({ "by": "version", "items": items })).await;
    assert!(reply.body.len() < 64 * 1024, "{}", reply.body.len());
    assert_eq!(reply.json()["status"]["message"], "10000 fields are invalid.");
    assert!(
        reply.header("unrecognized-properties").unwrap().starts_with("items[0].Version, items[1].Version")
    );
}

/// Who sends slowly waits without a slot, and with one of the few places.
#[tokio::test]
async fn a_tenant_has_two_at_a_time_and_others_find_some() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    let body = json!({ "by": "version", "ranges": [] });
    let mut slow = Vec::new();
    for _ in 0..2 {
        slow.push(begin(&server, &body).await);
    }

    eventually("both are there", async || server.acme.compare(&body).await.status == 503).await;
    let refused = server.acme.compare(&body).await;
    assert_eq!(refused.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(server.acme.store(&customer("crm-1")).await.status, 200);
    assert_eq!(other.compare(&body).await.status, 200);

    slow.pop();
    eventually("the place of who hung up is free", async || server.acme.compare(&body).await.status == 200)
        .await;
}

/// A request whose last byte is missing.
async fn begin(server: &Server, body: &Value) -> TcpStream {
    let client = server.acme.with("content-type", "application/json");
    let request = client.raw_post(COMPARE, &body.to_string());
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&request[..request.len() - 1]).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_is_answered_with_a_server_error() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    for_all(300, body(), async |body| {
        let reply = server.acme.post(COMPARE, &body).await;
        let outcome = reply.outcome();
        let is_told = match outcome.0 {
            200 => true,
            400 => outcome.1 == "BAD_REQUEST" || !reply.errors().is_empty(),
            _ => false,
        };
        prop_assert!(is_told, "{outcome:?}");
        Ok(())
    });
}

/// Members that mean something, with values that are right, nearly right, and wrong.
fn body() -> impl Strategy<Value = String> {
    const VALUES: &str = r#"null true 0 1 -1 5000 5001 1e999 "" "a" "crm-1" "\ud800" "\u0000" "\uffff" "\n" "version"
        "sourceVersion" "externalIdentifier" "00000000000000000000000000000000" {} []"#;
    const NAMES: &str = r#""by" "ranges" "items" "after" "upTo" "count" "digest" "externalIdentifier" "version"
        "sourceVersion" "x""#;
    let words = |text: &'static str| text.split_ascii_whitespace().collect::<Vec<_>>();
    let object = move |value: BoxedStrategy<String>| {
        let member = (select(words(NAMES)), value).prop_map(|(name, value)| format!("{name}:{value}"));
        vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
    };
    let scalar = select(words(VALUES)).prop_map(str::to_owned).boxed();
    let inner = object(scalar.clone()).boxed();
    let list = vec(prop_oneof![4 => inner, 1 => scalar.clone()], 0..4)
        .prop_map(|values| format!("[{}]", values.join(",")))
        .boxed();
    let question = (scalar.clone(), scalar.clone(), list.clone(), select(words(r#""ranges" "items""#)))
        .prop_map(|(by, after, list, name)| format!(r#"{{"by":{by},"after":{after},{name}:{list}}}"#));
    prop_oneof![3 => question, 2 => object(prop_oneof![scalar, list].boxed())]
}
