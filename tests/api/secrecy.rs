//! No rejected value, Rust name, serde or SQL word is in any error body, and no value in any log line.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use serde_json::{Value, json};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use azotte_customers::telemetry::{LogFormat, log::Log};

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer, customer_with, merged},
    eventually::eventually,
};

/// In every value that is sent here; a correlation id cannot contain them.
const CANARIES: [&str; 3] = ["canary", "271828182845", "CANARY"];
/// Words of what is underneath, in lower case.
const UNDERNEATH: &str = "serde|expected|invalid type|missing field|unknown variant|at line|trailing|struct|\
    option<|vec<|dto|::|axum|hyper|sqlx|postgres|select|insert|constraint|violates|column|customers_|tenant_id";

const CUSTOMER: &str = "customerUrn externalIdentifier email phoneNumber salutation firstName lastName gender \
    legalType primaryBillingAddress corporationInfo privacy status";
const ADDRESS: &str = "street street2 city state postalCode countryCode";
const CORPORATION: &str = "companyName taxNumber taxOffice vatNumber registrationNumber";
const REGION: &str = "countryCode languageCode";
const IDENTIFIERS: &str = "externalId externalIdentifier customerUuid customerUrn";

#[tokio::test]
async fn no_error_body_repeats_what_was_sent_or_shows_what_is_underneath() {
    let server = Server::start().await;
    let log = log();

    let mut replies = wrong_values_everywhere(&server.acme).await;
    replies.extend(conflicts(&server.acme).await);
    replies.extend(wrong_queries_and_texts(&server.acme).await);
    replies.extend(wrong_headers(&server.acme).await);

    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(refused.len() > 150, "{}", refused.len());
    refused.into_iter().for_each(assert_says_nothing);
    tracing::info!("the last line");
    let log = || String::from_utf8(log.lock().unwrap().clone()).unwrap();
    eventually("the log is written", async || log().contains("the last line")).await;
    let log = log();
    assert!(log.contains("status=409"), "the log is listened to");
    for canary in CANARIES {
        assert_eq!(log.lines().find(|line| line.contains(canary)), None);
    }
}

async fn wrong_values_everywhere(acme: &Client) -> Vec<Reply> {
    let mut replies = Vec::new();
    for value in wrong_values() {
        for field in CUSTOMER.split_whitespace() {
            let beside = ["claimedRegion", "onConflict", "sourceVersion", "onStale"];
            let mut body = json!({ "customer": { field: value } });
            beside.into_iter().for_each(|name| body[name] = value.clone());
            replies.push(acme.store(&body).await);
            replies.push(acme.update(&body).await);
        }
        let nested = json!({
            "primaryBillingAddress": each(ADDRESS, &value),
            "corporationInfo": each(CORPORATION, &value),
            "privacy": value,
        });
        let body = merged(customer_with("x", nested), json!({ "claimedRegion": each(REGION, &value) }));
        replies.push(acme.store(&body).await);
        for field in IDENTIFIERS.split_whitespace() {
            replies.push(acme.c2a("validate", &json!({ field: value })).await);
            replies.push(acme.delete(&json!({ field: value })).await);
        }
    }
    replies
}

async fn conflicts(acme: &Client) -> Vec<Reply> {
    let taken = json!({ "email": "canary@example.com", "phoneNumber": "+49 271828182845" });
    let urn = acme.store(&customer_with("canary-1", taken.clone())).await.urn();
    let other = acme.store(&customer("canary-2")).await.urn();
    vec![
        acme.store(&customer_with("canary-1", taken.clone())).await,
        acme.update(&change(&other, taken)).await,
        acme.update(&change(&urn, json!({ "legalType": "Corporate" }))).await,
    ]
}

async fn wrong_queries_and_texts(acme: &Client) -> Vec<Reply> {
    let mut replies = Vec::new();
    for query in [
        "urn=canary",
        "exId=%00canary",
        "exId=canary-9",
        "note=canary",
        "urn=cu.00.271828182845",
        "exId=%FFcanary",
    ] {
        replies.push(acme.info(query).await);
    }
    for text in [
        r#"canary"#,
        r#"{"customer": canary"#,
        r#"{"customer":"\ud800canary"}"#,
        r#"{"customer":{"email":"canary\u0000"}}"#,
        r#"{"customer":{"canary@example.com":1,"canary@example.com":1}}"#,
        r#"{"customer":{"privacy":{"x":["canary",1e999]}}}"#,
    ] {
        for endpoint in ["validate", "store", "update", "delete"] {
            replies.push(acme.post(&format!("/api/c2a/customer/{endpoint}"), text).await);
        }
    }
    replies
}

async fn wrong_headers(acme: &Client) -> Vec<Reply> {
    vec![
        acme.with("content-type", "text/canary").store(&customer("x")).await,
        acme.post("/api/c2a/customer/canary?canary=271828182845", "canary").await,
        acme.with("x-correlation-id", "canary").info("").await,
        acme.with("x-api-key", "sk_dev_canary_271828182845").info("exId=canary-1").await,
    ]
}

/// An object with this value under every one of these names.
fn each(names: &str, value: &Value) -> Value {
    names.split_whitespace().map(|name| (name.to_owned(), value.clone())).collect()
}

/// Of every type, each with a canary in it.
fn wrong_values() -> [Value; 7] {
    [
        json!("canary"),
        json!(" canary\u{7}"),
        json!("CANARY".repeat(60)),
        json!(271_828_182_845_i64),
        json!(["canary"]),
        // The name of a property is told where it means nothing, its value never.
        json!({ "note": "canary" }),
        json!(format!("{}canary", " ".repeat(300))),
    ]
}

fn assert_says_nothing(reply: &Reply) {
    let body = reply.text();
    for canary in CANARIES {
        assert!(!body.contains(canary), "{body}");
        assert!(!format!("{:?}", reply.headers).contains(canary), "{:?}", reply.headers);
    }
    for word in UNDERNEATH.split('|') {
        assert!(!body.to_lowercase().contains(word), "{word}: {body}");
    }
}

/// Whatever this process logs from now on, at every level of our own.
fn log() -> Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<(Mutex<Log>, Written)> = OnceLock::new();
    let (_, written) = LOG.get_or_init(|| {
        let written = Written::default();
        let log = Log::start(LogFormat::Pretty, false, written.clone()).unwrap();
        let levels = EnvFilter::new("azotte_customers=trace,api=trace");
        tracing_subscriber::registry().with(log.layer(levels)).init();
        (Mutex::new(log), written)
    });
    written.0.clone()
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
