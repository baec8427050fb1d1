//! An answer to a refused request is small, however much is wrong with the request: its sender decides how much that is.

use azotte_customers::domain::field_error::FieldErrors;
use serde_json::{Value, json};

use crate::support::{Reply, Server, bodies::customer, partners};

/// What a body may hold; no refusal is larger.
const MAX_BYTES: usize = 64 * 1024;
const NONCHARACTER: &str = "\u{ffff}";

/// `inner`, this deep inside objects under the longest keys that a path repeats.
fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |value, _| json!({ "k".repeat(64): value }))
}

/// As many of `item` as a body has room for.
fn as_many_as_fit(item: &str, around: impl Fn(&str) -> String) -> (String, usize) {
    let room = MAX_BYTES - around("").len();
    let count = room / (item.len() + 1);
    (around(&vec![item; count].join(",")), count)
}

fn assert_small(reply: &Reply) {
    assert_eq!(reply.status, 400);
    assert!(reply.body.len() <= MAX_BYTES, "{} bytes", reply.body.len());
}

#[tokio::test]
async fn many_wrong_texts_below_long_paths() {
    let server = Server::start().await;
    let item = format!("\"{NONCHARACTER}\"");
    let (body, count) = as_many_as_fit(&item, |items| {
        let list: Value = json!("LIST");
        nested(60, list).to_string().replace("\"LIST\"", &format!("[{items}]"))
    });
    assert!(count > 5_000, "only {count}");

    let reply = server.acme.c2a_text("store", &body).await;

    assert_small(&reply);
    let with_the_missing_region = count + 1;
    assert_eq!(reply.json()["status"]["message"], format!("{with_the_missing_region} fields are invalid."));
    assert_eq!(reply.errors().len(), FieldErrors::MAX_SHOWN);
}

#[tokio::test]
async fn the_same_key_many_times() {
    let server = Server::start().await;
    let (body, count) = as_many_as_fit("\"a\":1", |members| format!("{{{members}}}"));

    let reply = server.acme.c2a_text("validate", &body).await;

    assert_small(&reply);
    assert_eq!(reply.errors().len(), FieldErrors::MAX_SHOWN);
    assert!(count > 5_000, "only {count}");
}

#[tokio::test]
async fn many_wrong_entries_of_lists_and_dictionaries() {
    let server = Server::start().await;
    let entry = format!("\"{}\":{{\"margin\":{{}}}}", "not-a-guid".repeat(6));
    for (property, item, open, close) in [
        ("customerAssociations", "{}", '[', ']'),
        ("customerAssociations", "1", '[', ']'),
        ("providerCustomers", &entry, '{', '}'),
    ] {
        let mut customer = partners::customer("One");
        customer[property] = json!("ITEMS");
        let text = customer.to_string();
        let (body, count) =
            as_many_as_fit(item, |items| text.replace("\"ITEMS\"", &format!("{open}{items}{close}")));

        let reply = server.csp().post("/v1/Customers", &body).await;

        assert_small(&reply);
        assert!(count > 500, "{property}: only {count}");
        assert!(reply.json()["errors"].as_array().unwrap().len() <= FieldErrors::MAX_SHOWN, "{property}");
    }
}

/// The control: few errors are all told.
#[tokio::test]
async fn what_fits_is_told_whole() {
    let server = Server::start().await;
    let mut body = customer("crm-1");
    body["wrong"] = json!([NONCHARACTER, NONCHARACTER, NONCHARACTER]);

    let reply = server.acme.store(&body).await;

    assert_eq!(reply.errors().len(), 3);
    assert_eq!(reply.json()["status"]["message"], "3 fields are invalid.");
}
