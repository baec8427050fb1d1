//! Whatever the network does between server and database: every call is answered, nobody is told what is not so,
//! and it is over when the fault is.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use azotte_customers::{
    domain::{caller::KeyId, scope::Scope},
    postgres::api_keys,
    sandbox::seed,
};

use crate::support::{
    Client, Reply, Server,
    bodies::customer,
    database,
    eventually::eventually,
    partners,
    proxy::{Fault, Proxy},
    tokens::Token,
};

/// Three times what any answer may take: a bound, not a measurement.
const PATIENCE: Duration = Duration::from_secs(10);
/// The server's own defaults, which the other tests are more patient than.
const DEFAULTS: [&str; 2] = ["--db-acquire-timeout-ms", "250"];

struct Scene {
    server: Server,
    proxy: Proxy,
    /// Past the proxy.
    database: PgPool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_answers_that_come_five_seconds_late() {
    everything_is_unavailable_during(Fault::Latency(Duration::from_secs(5))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_connections_that_are_reset() {
    everything_is_unavailable_during(Fault::Reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_connections_that_swallow_what_is_sent() {
    everything_is_unavailable_during(Fault::HalfOpen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_connections_that_are_frozen() {
    everything_is_unavailable_during(Fault::Freeze).await;
}

async fn everything_is_unavailable_during(fault: Fault) {
    let scene = Scene::start().await;
    // One key is remembered when the fault begins, the other one is not.
    let remembered = scene.server.acme.clone();
    let unknown = scene.server.tenant("other").await.client;
    assert_eq!(remembered.store(&customer("before")).await.status, 200);

    scene.proxy.set(fault);
    for round in 0..3 {
        for (request, reply) in ask_for_everything(&remembered, round).await {
            assert_unavailable(&reply, &format!("{fault:?}: {request}"));
        }
        assert_unavailable(&in_time(unknown.validate("crm-1")).await, &format!("{fault:?}: a new key"));
        // From memory, which is at most a second old.
        eventually(&format!("not ready: {fault:?}"), async || {
            in_time(remembered.send(Method::GET, "/health/ready", "")).await.status == 503
        })
        .await;
    }

    scene.proxy.set(Fault::None);
    scene.is_back_to_normal(&[&remembered, &unknown]).await;
}

/// Under load a fault meets connections wherever they are: between statements, within, on their way back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_faults_that_come_and_go_under_load() {
    let scene = Scene::start().await;
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let acme = scene.server.acme.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..150 {
                let external_id = format!("writer-{writer}-{n}");
                let reply = in_time(acme.store(&customer(&external_id))).await;
                match reply.status.as_u16() {
                    200 => acknowledged.push(external_id),
                    _ => assert_unavailable(&reply, "under load"),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            acknowledged
        });
    }
    for fault in [Fault::Reset, Fault::Freeze, Fault::HalfOpen, Fault::CutBeforeReply, Fault::Reset] {
        tokio::time::sleep(Duration::from_millis(200)).await;
        scene.proxy.set(fault);
        tokio::time::sleep(Duration::from_millis(300)).await;
        scene.proxy.set(Fault::None);
    }

    let acknowledged = writers.join_all().await.concat();
    scene.is_back_to_normal(&[&scene.server.acme]).await;
    assert!(!acknowledged.is_empty());
    for external_id in acknowledged {
        assert_eq!(scene.events_of(&external_id).await, 1, "{external_id}");
    }
}

/// The answer to a commit is lost: nobody can know, and nobody is told that it failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_cut_off_before_its_answer_is_unknown_and_can_be_asked_for_again() {
    let scene = Scene::start().await;
    let acme = &scene.server.acme;
    let mut happened = 0;
    for n in 0..30 {
        let external_id = format!("cut-{n}");
        // A connection at rest that knows the statement: the next thing it hears is the answer to the write.
        eventually("a connection is there", async || {
            in_time(acme.store(&customer(&format!("warm-{n}")))).await.status != 503
        })
        .await;
        scene.proxy.set(Fault::CutBeforeReply);
        assert_unavailable(&in_time(acme.store(&customer(&external_id))).await, &external_id);
        scene.proxy.set(Fault::None);

        let before = scene.events_of(&external_id).await;
        happened += before;
        eventually("the second attempt is answered", async || {
            let again = in_time(acme.store(&customer(&external_id))).await;
            let expected = if before == 1 { 409 } else { 200 };
            assert!([expected, 503].contains(&again.status.as_u16()), "{}", again.text());
            again.status == expected
        })
        .await;
        assert_eq!(scene.events_of(&external_id).await, 1, "{external_id}");
    }
    assert!(happened > 0, "no cut came after a commit");
    scene.is_back_to_normal(&[acme]).await;
}

/// A server that hears nothing any more must not take that for nothing to hear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_that_is_swallowed_on_its_way_is_learned_soon() {
    let scene = Scene::start().await;
    let (id, client) = scene.server.key(seed::TENANT_ID.0, Scope::ALL).await;
    assert_eq!(client.validate("crm-1").await.status, 200);

    scene.proxy.set(Fault::HalfOpen);
    api_keys::revoke(&scene.database, seed::TENANT_ID, KeyId(id)).await.unwrap();
    // For the proxy to swallow it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    scene.proxy.set(Fault::None);

    eventually("the revoked key is refused", async || client.validate("crm-1").await.status == 401).await;
}

impl Scene {
    async fn start() -> Self {
        let database_url = database::create().await;
        let proxy = Proxy::before(&database_url).await;
        let server = Server::start_on(proxy.url(), &DEFAULTS).await;
        let database = PgPool::connect(&database_url).await.unwrap();
        Self { server, proxy, database }
    }

    /// No place of the pool is lost.
    async fn has_every_connection_at_rest(&self) {
        eventually("every connection is back in the pool", async || {
            self.server.connections.occupancy().in_use == 0
        })
        .await;
    }

    /// Writes are taken, every place of the pool is free again, and rows and events agree.
    async fn is_back_to_normal(&self, clients: &[&Client]) {
        for (n, client) in clients.iter().enumerate() {
            eventually("a write is acknowledged", async || {
                let reply = in_time(client.store(&customer(&format!("after-{n}-{}", Uuid::new_v4())))).await;
                reply.status == 200
            })
            .await;
        }
        self.has_every_connection_at_rest().await;
        let apart: i64 = sqlx::query_scalar(
            "select count(*) from customers c where version <> (
                 select count(*) from customer_events e
                 where e.tenant_id = c.tenant_id and e.customer_number = c.number
             )",
        )
        .fetch_one(&self.database)
        .await
        .unwrap();
        assert_eq!(apart, 0, "an event a version");
    }

    async fn events_of(&self, external_id: &str) -> i64 {
        let events = "select count(*) from customers join customer_events
                      on customer_events.tenant_id = customers.tenant_id and customer_number = number
                      where external_id = $1";
        sqlx::query_scalar(events).bind(external_id).fetch_one(&self.database).await.unwrap()
    }
}

/// Each endpoint once, all of them together.
async fn ask_for_everything(client: &Client, round: usize) -> Vec<(&'static str, Reply)> {
    let id = Uuid::new_v4();
    let csp = client.partner_at(seed::TENANT_DOMAIN, &Token::acme());
    let named = json!({ "externalIdentifier": "before", "firstName": "Jane" });
    let partner = partners::customer_with(&id.to_string(), json!({ "id": id }));
    let stored = customer(&format!("during-{round}"));
    let (update, delete) = (json!({ "customer": named }), json!({ "externalIdentifier": "before" }));
    let partner = partner.to_string();
    let one = format!("/v1/Customers/{id}");
    let replies = tokio::join!(
        in_time(client.validate("crm-1")),
        in_time(client.store(&stored)),
        in_time(client.update(&update)),
        in_time(client.delete(&delete)),
        in_time(client.info("exId=before")),
        in_time(csp.post("/v1/Customers", &partner)),
        in_time(csp.send(Method::GET, &one, "")),
        in_time(csp.send(Method::GET, "/v1/Customers", "")),
    );
    let (validate, store, update, delete, info, create, get, list) = replies;
    vec![
        ("validate", validate),
        ("store", store),
        ("update", update),
        ("delete", delete),
        ("info", info),
        ("partner create", create),
        ("partner get", get),
        ("partner list", list),
    ]
}

async fn in_time(answer: impl Future<Output = Reply>) -> Reply {
    tokio::time::timeout(PATIENCE, answer).await.expect("an answer")
}

fn assert_unavailable(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 503, "{what}: {}", reply.text());
    assert!(reply.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{what}");
}
