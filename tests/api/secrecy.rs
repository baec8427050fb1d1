//! No rejected value, Rust name, serde or SQL word is in any error body, and no value in any log line.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use serde_json::{Value, json};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::support::{
    Reply, Server,
    bodies::{change, customer, customer_with, merged},
};

/// In every value that is sent here; a correlation id cannot contain them.
const CANARIES: [&str; 3] = ["canary", "271828182845", "CANARY"];
/// Words of what is underneath, in lower case.
const UNDERNEATH: [&str; 24] = [
    "serde",
    "expected",
    "invalid type",
    "missing field",
    "unknown variant",
    "at line",
    "trailing",
    "struct",
    "enum ",
    "option<",
    "vec<",
    "dto",
    "::",
    "axum",
    "hyper",
    "sqlx",
    "postgres",
    "select",
    "insert",
    "constraint",
    "violates",
    "column",
    "customers_",
    "tenant_id",
];

#[tokio::test]
async fn no_error_body_repeats_what_was_sent_or_shows_what_is_underneath() {
    let server = Server::start().await;
    let log = log();
    let taken = json!({ "email": "canary@example.com", "phoneNumber": "+49 271828182845" });
    let urn = server.acme.store(&customer_with("canary-1", taken.clone())).await.urn();
    let other = server.acme.store(&customer("canary-2")).await.urn();

    let mut refused = Vec::new();
    for field in [
        "customerUrn",
        "externalIdentifier",
        "email",
        "phoneNumber",
        "salutation",
        "firstName",
        "lastName",
        "gender",
        "legalType",
        "primaryBillingAddress",
        "corporationInfo",
        "privacy",
        "status",
    ] {
        for value in wrong_values() {
            let body = json!({ "customer": { field: value }, "claimedRegion": value });
            refused.push(server.acme.store(&body).await);
            refused.push(server.acme.update(&body).await);
        }
    }
    for value in wrong_values() {
        let address = json!({ "street": value, "street2": value, "city": value, "state": value, "postalCode": value, "countryCode": value });
        let corporation = json!({ "companyName": value, "taxNumber": value, "taxOffice": value, "vatNumber": value, "registrationNumber": value });
        let nested =
            json!({ "primaryBillingAddress": address, "corporationInfo": corporation, "privacy": value });
        let region = json!({ "claimedRegion": { "countryCode": value, "languageCode": value } });
        refused.push(server.acme.store(&merged(customer_with("x", nested), region)).await);
        for field in ["externalId", "externalIdentifier", "customerUuid", "customerUrn"] {
            refused.push(server.acme.c2a("validate", &json!({ field: value })).await);
            refused.push(server.acme.delete(&json!({ field: value })).await);
        }
    }
    refused.push(server.acme.store(&customer_with("canary-1", taken.clone())).await);
    refused.push(server.acme.update(&change(&other, taken)).await);
    refused.push(server.acme.update(&change(&urn, json!({ "legalType": "Corporate" }))).await);
    for query in [
        "urn=canary",
        "exId=%00canary",
        "exId=canary-9",
        "canary=1",
        "urn=cu.00.271828182845",
        "exId=%FFcanary",
    ] {
        refused.push(server.acme.info(query).await);
    }
    for text in [
        "canary",
        "{\"customer\": canary",
        "{\"customer\":\"\\ud800canary\"}",
        "{\"customer\":{\"email\":\"canary\\u0000\"}}",
        "{\"customer\":{\"canary@example.com\":1,\"canary@example.com\":1}}",
        "{\"customer\":{\"privacy\":{\"x\":[\"canary\",1e999]}}}",
    ] {
        for endpoint in ["validate", "store", "update", "delete"] {
            refused.push(server.acme.post(&format!("/api/c2a/customer/{endpoint}"), text).await);
        }
    }
    refused.push(server.acme.with("content-type", "text/canary").store(&customer("x")).await);
    refused.push(server.acme.post("/api/c2a/customer/canary?canary=271828182845", "canary").await);
    refused.push(server.acme.with("x-correlation-id", "canary").info("").await);
    refused.push(server.acme.with("x-api-key", "sk_dev_canary_271828182845").info("exId=canary-1").await);

    for reply in refused.iter().filter(|reply| reply.status != 200) {
        assert_says_nothing(reply);
    }
    assert!(refused.iter().filter(|reply| reply.status != 200).count() > 150);
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("status=409"), "the log is listened to");
    for canary in CANARIES {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None);
    }
}

/// Of every type, each with a canary in it.
fn wrong_values() -> [Value; 7] {
    [
        json!("canary"),
        json!(" canary\u{7}"),
        json!("CANARY".repeat(60)),
        json!(271_828_182_845_i64),
        json!(["canary"]),
        json!({ "canary": "canary" }),
        json!(format!("{}canary", " ".repeat(300))),
    ]
}

fn assert_says_nothing(reply: &Reply) {
    let body = reply.text();
    for canary in CANARIES {
        assert!(!body.contains(canary), "{body}");
        assert!(!format!("{:?}", reply.headers).contains(canary), "{:?}", reply.headers);
    }
    for word in UNDERNEATH {
        assert!(!body.to_lowercase().contains(word), "{word}: {body}");
    }
}

/// Whatever this process logs from now on, at every level of our own.
fn log() -> Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let filter = EnvFilter::new("azotte_customers=trace");
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).init();
        log
    });
    log.0.clone()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
