//! `/metrics`: it counts what happens, in short lists of words of ours, and shows whatever the dashboard and the
//! alerts ask for. Servers of one process count together, so a count is looked at before and after.

use std::{collections::BTreeSet, fs, path::Path};

use azotte_customers::{
    domain::{api_key::ApiKey, caller::KeyId, environment::Environment, scope::Scope},
    postgres::api_keys,
    sandbox::seed,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server,
    bodies::customer,
    canaries::Canaries,
    eventually::eventually,
    tokens::{PARTNER_AUDIENCE, Token, now},
};

const CANARIES: Canaries = Canaries::new("metricscanary", "+4917188776655");

#[tokio::test]
async fn what_happens_is_counted() {
    let server = Server::start_with(&["--rate-limit", "1", "--rate-burst", "8"]).await;
    let before = scrape(&server).await;
    let conflict = r#"azotte_http_conflicts_total{surface="c2a",code="CUSTOMER_ALREADY_STORED"}"#;
    let stored = r#"route="/api/c2a/customer/store",method="POST",status="200"}"#;

    server.acme.store(&customer("crm-1")).await;
    server.acme.store(&customer("crm-1")).await;
    server.acme.with("x-api-key", "sk_dev_nobody").validate("crm-1").await;
    while server.acme.validate("crm-1").await.status != 429 {}

    let after = scrape(&server).await;
    for series in [
        conflict,
        r#"azotte_auth_failures_total{surface="c2a",status="401",reason="malformed_key"}"#,
        r#"azotte_http_requests_rate_limited_total{surface="c2a"}"#,
        r#"azotte_customer_operations_total{operation="store"}"#,
        &format!("azotte_http_requests_total{{{stored}"),
        r#"azotte_http_request_duration_seconds_count{route="/api/c2a/customer/store",method="POST"}"#,
    ] {
        assert!(value(&after, series) > value(&before, series), "{series}\n{after}");
    }
    assert!(value(&after, r#"azotte_db_connections_max"#) > 0.0);
    assert!(value(&after, "process_start_time_seconds") > 1.6e9);
    let build = format!(r#"azotte_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&after, &build), 1.0);
}

/// Why a call is refused is for operators: the answers are all the same.
#[tokio::test]
async fn each_reason_for_a_refusal_is_counted_by_its_name() {
    let server = Server::with_partners().await;
    let acme = &server.acme;
    let bearing = |token: &Token| acme.with("authorization", &format!("Bearer {}", token.signed()));
    let (revoked_id, revoked) = server.key(seed::TENANT_ID.0, &[Scope::CustomerRead]).await;
    api_keys::revoke(&server.pool, seed::TENANT_ID, KeyId(revoked_id)).await.unwrap();
    let unknown = ApiKey::generate(Environment::Sandbox);
    let now = now();

    for (reason, client) in [
        ("no_key", acme.without("x-api-key")),
        ("malformed_key", acme.with("x-api-key", "sk_dev_nobody")),
        ("unknown_key", acme.with("x-api-key", unknown.reveal())),
        ("revoked_key", revoked),
        ("no_tenant", acme.with("x-tn", "acme")),
        ("malformed_token", acme.with("authorization", "Basic abc")),
        ("token_type", bearing(&Token::acme().with_header("typ", "JWS"))),
        ("token_extension", bearing(&Token::acme().with_header("crit", json!(["exp"])))),
        ("token_key", bearing(&Token::acme().with_header("kid", "unknown"))),
        ("token_issuer", bearing(&Token::acme().with("iss", "another"))),
        ("token_audience", bearing(&Token::acme().with("aud", PARTNER_AUDIENCE))),
        ("token_claims", bearing(&Token::acme().without("iat"))),
        ("token_not_yet_valid", bearing(&Token::acme().with("nbf", now + 600))),
        ("token_expired", bearing(&Token::acme().with("iat", now - 900).with("exp", now - 600))),
        ("token_lifetime", bearing(&Token::acme().with("exp", now + 90_000))),
        ("token_tenant", bearing(&Token::csp(Uuid::new_v4()))),
    ] {
        let series = format!(r#"azotte_auth_failures_total{{surface="c2a",status="401",reason="{reason}"}}"#);
        let before = read(&series, &server).await;
        let reply = client.validate("crm-1").await;
        assert_eq!((reply.status.as_u16(), reply.text()), (401, String::new()), "{reason}");
        assert!(read(&series, &server).await > before, "{reason}");
    }
    for (reason, client) in [
        ("role", server.partner(&Token::acme().with("roles", "admin"))),
        ("tenant_domain", server.csp().with("x-tenant", "unknown.example.com")),
    ] {
        let series =
            format!(r#"azotte_auth_failures_total{{surface="partner",status="403",reason="{reason}"}}"#);
        let before = read(&series, &server).await;
        assert_eq!(client.list("").await.status, 403, "{reason}");
        assert!(read(&series, &server).await > before, "{reason}");
    }
    let (_, reader) = server.key(seed::TENANT_ID.0, &[Scope::CustomerRead]).await;
    let series = r#"azotte_auth_failures_total{surface="c2a",status="403",reason="scope"}"#;
    let before = read(series, &server).await;
    assert_eq!(reader.store(&customer("crm-1")).await.status, 403);
    assert!(read(series, &server).await > before);
}

#[tokio::test]
async fn what_is_refused_for_want_of_room_is_counted() {
    let server = Server::start_with(&["--max-connections", "1"]).await;
    let open = server.acme.validate("crm-1").await;
    assert_eq!(open.status, 200);
    let before = read("azotte_http_connections_refused_total", &server).await;

    eventually("a second connection is refused", async || {
        tokio::net::TcpStream::connect(server.address).await.ok();
        read("azotte_http_connections_refused_total", &server).await > before
    })
    .await;
}

#[tokio::test]
async fn it_needs_no_key_and_holds_neither_persons_nor_tenants() {
    let server = Server::start().await;
    let (_, reader) = server.key(azotte_customers::sandbox::seed::TENANT_ID.0, &[Scope::CustomerRead]).await;
    let globex = server.tenant("globex").await;
    server.acme.store(&CANARIES.body()).await;
    server.acme.store(&CANARIES.body()).await;
    reader.store(&CANARIES.body()).await;
    server.acme.info(&format!("exId={}", CANARIES.external_id())).await;
    server.acme.send(Method::from_bytes(b"METRICSCANARY").unwrap(), "/metricscanary", "").await;
    globex.client.store(&json!({ "customer": { "externalIdentifier": "metricscanary" } })).await;

    let shown = scrape(&server).await.to_lowercase();

    for secret in ["metricscanary", "4917188776655", "globex", &globex.id.to_string(), "sk_dev"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert!(shown.contains(r#"method="other""#), "{shown}");
}

#[tokio::test]
async fn all_that_the_dashboard_and_the_alerts_ask_for_is_there() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    server.acme.store(&customer("crm-1")).await;
    server.acme.send(Method::GET, "/api/c2a/customer/events", "").await;
    let shown = wait_for_a_turn(&server).await;
    let shown = names_in(&shown);

    let dashboard = monitoring("grafana-dashboard.json");
    let json: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(json["schemaVersion"].is_u64());
    let panels = json["panels"].as_array().unwrap();
    let is_drawn = |panel: &&Value| panel["type"] != "row";
    assert!(panels.iter().filter(is_drawn).all(|panel| panel["targets"][0]["expr"].is_string()));
    for text in [dashboard, monitoring("alerts.yml"), operations()] {
        let asked = names_in(&text);
        assert!(asked.len() > 5, "{asked:?}");
        let missing: Vec<_> = asked.difference(&shown).collect();
        assert!(missing.is_empty(), "{missing:?} are not in {shown:?}");
    }
}

#[tokio::test]
async fn every_metric_of_ours_is_in_the_handbook() {
    let server = Server::start().await;
    let described = operations();
    let shown = scrape(&server).await;

    let ours = shown.lines().filter_map(|line| line.strip_prefix("# TYPE azotte_"));
    for name in ours.map(|line| line.split(' ').next().unwrap()) {
        assert!(described.contains(&format!("`azotte_{name}`")), "{name}");
    }
}

/// A histogram is there once something is in it; here a wait behind the only connection.
async fn wait_for_a_turn(server: &Server) -> String {
    let few = Server::start_with(&["--db-connections", "1"]).await;
    eventually("a request waits for its turn", async || {
        let nobody = json!({ "externalIdentifier": "nobody" });
        tokio::join!(few.acme.delete(&nobody), few.acme.delete(&nobody), few.acme.delete(&nobody));
        scrape(server).await.contains("azotte_db_queue_wait_seconds_count")
    })
    .await;
    scrape(server).await
}

async fn scrape(server: &Server) -> String {
    let reply = server.ops.send(Method::GET, "/metrics", "").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    reply.text()
}

async fn read(series: &str, server: &Server) -> f64 {
    value(&scrape(server).await, series)
}

/// Of one series; 0 where it has not begun.
fn value(shown: &str, series: &str) -> f64 {
    let found = shown.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.map_or(0.0, |value| value.parse().unwrap())
}

/// Every word that is a metric of ours.
fn names_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("azotte_") && word.matches('_').count() > 1).collect()
}

fn monitoring(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring").join(file)).unwrap()
}

/// The handbook's table of metrics.
fn operations() -> String {
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations/monitoring.md");
    let handbook = fs::read_to_string(handbook).unwrap();
    let (_, metrics) = handbook.split_once("\n## Metrics\n").unwrap();
    metrics.split("\n## ").next().unwrap().to_owned()
}
