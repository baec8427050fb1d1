//! A database that is far away: everything takes longer, and works.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Server,
    bodies::{change, customer},
    database,
    eventually::eventually,
    partners,
    proxy::{Fault, Proxy},
};

/// Each way.
const DELAY: Duration = Duration::from_millis(30);
/// The server's own default, shorter than a connection takes to be made.
const DEFAULTS: [&str; 2] = ["--db-acquire-timeout-ms", "250"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_works_60_milliseconds_away_from_its_database() {
    let proxy = Proxy::before(&database::create().await).await;
    proxy.set(Fault::Latency(DELAY));
    let server = Server::start_on(proxy.url(), &DEFAULTS).await;
    let csp = server.csp();

    eventually("it is ready", async || server.ops.send(Method::GET, "/health/ready", "").await.status == 200)
        .await;
    eventually("keys are looked up", async || server.acme.validate("crm-1").await.status == 200).await;
    for n in 0..5 {
        let urn = server.acme.store(&customer(&format!("crm-{n}"))).await.urn();
        let id = Uuid::new_v4();
        let partner = partners::customer_with(&format!("partner-{n}"), json!({ "id": id }));
        for (what, status) in [
            ("validate", server.acme.validate("crm-1").await.status),
            ("update", server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await.status),
            ("info", server.acme.info(&format!("urn={urn}")).await.status),
            ("delete", server.acme.delete(&json!({ "customerUrn": urn })).await.status),
            ("partner get", csp.get(id).await.status),
            ("partner create", csp.create(&partner).await.status),
        ] {
            assert_ne!(status, 503, "{what}");
        }
    }
    assert_eq!(server.ops.send(Method::GET, "/health/ready", "").await.status, 200);
}
