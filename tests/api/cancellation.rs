//! Clients that hang up in the middle of a write cost nobody else theirs: what was acknowledged is there,
//! and what was not is there as a whole or not at all.

use std::time::Duration;

use rand::RngExt;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use uuid::Uuid;

use azotte_customers::{domain::api_key::SAMPLE_KEY, sandbox::seed};

use crate::support::{
    Client, Server, customers::in_germany, eventually::eventually, held::waiting_for_a_lock,
};

/// Clients that hang up, unless `AZOTTE_TEST_QUITTERS` says otherwise; CI sends 2,000.
const QUITTERS: usize = 400;
const WRITERS: usize = 4;
const WRITES: usize = 150;
/// On several threads, which lend each other their connections to the database.
const FEW_CONNECTIONS: [&str; 6] =
    ["--db-connections", "2", "--db-acquire-timeout-ms", "60000", "--threads", "3"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_are_hung_up_on_lose_nobody_an_acknowledged_write() {
    let server = Server::start_with(&FEW_CONNECTIONS).await;
    let watch = Watch::start(&server.database_url).await;

    let (acknowledged, ()) = tokio::join!(
        write(&server),
        hang_up(&server, |n| ("store", in_germany(json!({ "externalIdentifier": format!("quitter-{n}") }))))
    );

    assert_all_there(&server, &acknowledged).await;
    assert_eq!(watch.seen_idle_in_transaction().await, 0, "a store is one statement");
}

/// Updates that lose a race go on in a transaction: the more dangerous place to be left alone in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_that_are_hung_up_on_lose_nobody_an_acknowledged_write() {
    let server = Server::start_with(&FEW_CONNECTIONS).await;
    let contended = server.acme.store(&in_germany(json!({ "externalIdentifier": "contended" }))).await.urn();

    let (acknowledged, ()) = tokio::join!(
        write(&server),
        hang_up(&server, |n| {
            let change = json!({ "customerUrn": contended, "firstName": format!("n{n}") });
            ("update", json!({ "customer": change }))
        })
    );

    assert_all_there(&server, &acknowledged).await;
    let info = server.acme.info(&format!("urn={contended}")).await.json();
    let version = info["result"]["version"].as_u64().unwrap();
    let events = events_of(&server.pool, "contended").await;
    assert_eq!(events.len() as u64, version, "an event a version, the first included");
}

/// Well-behaved clients; returns what they were told is stored.
async fn write(server: &Server) -> Vec<String> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let acme = server.acme.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..WRITES {
                let external_id = format!("writer-{writer}-{n}");
                store_at_last(&acme, &external_id).await;
                acknowledged.push(external_id);
            }
            acknowledged
        });
    }
    writers.join_all().await.concat()
}

/// Asks again where a busy server says so. What was refused for want of an answer may be there then.
async fn store_at_last(acme: &Client, external_id: &str) {
    let body = in_germany(json!({ "externalIdentifier": external_id }));
    let mut outcome = acme.store(&body).await.outcome();
    let mut was_refused = false;
    for _ in 0..50 {
        if outcome.0 != 503 {
            break;
        }
        was_refused = true;
        tokio::time::sleep(Duration::from_millis(100)).await;
        outcome = acme.store(&body).await.outcome();
    }
    let is_there = outcome.0 == 200 || (was_refused && outcome.1 == "CUSTOMER_ALREADY_STORED");
    assert!(is_there, "{external_id}: {outcome:?}");
}

fn quitters_to_send() -> usize {
    std::env::var("AZOTTE_TEST_QUITTERS").ok().and_then(|number| number.parse().ok()).unwrap_or(QUITTERS)
}

/// Clients that send a request each and are gone some microseconds later.
async fn hang_up(server: &Server, request: impl Fn(usize) -> (&'static str, Value)) {
    let mut quitters = JoinSet::new();
    for n in 0..quitters_to_send() {
        let (address, (endpoint, body)) = (server.address, request(n));
        quitters.spawn(async move {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection
                .write_all(&raw_request(&format!("/api/c2a/customer/{endpoint}"), &body))
                .await
                .unwrap();
            let moment = rand::rng().random_range(0..20_000);
            tokio::time::sleep(Duration::from_micros(moment)).await;
            // Without the goodbye of an orderly close.
            connection.set_zero_linger().unwrap();
        });
        let pause = rand::rng().random_range(0..2_000);
        tokio::time::sleep(Duration::from_micros(pause)).await;
    }
    quitters.join_all().await;
}

/// Once everything that was begun has ended.
async fn assert_all_there(server: &Server, acknowledged: &[String]) {
    eventually("every session of the server is at rest", async || {
        let query = "select count(*) from pg_stat_activity where datname = current_database()
                     and state <> 'idle' and pid <> pg_backend_pid() and application_name = 'azotte-customers'";
        let busy: i64 = sqlx::query_scalar(query).fetch_one(&server.pool).await.unwrap();
        busy == 0
    })
    .await;
    assert_eq!(acknowledged.len(), WRITERS * WRITES);
    for external_id in acknowledged {
        assert_eq!(events_of(&server.pool, external_id).await, ["stored"], "{external_id}");
    }
    assert_eq!(rows_without_an_event_a_version(&server.pool).await, 0);
}

/// What works on a connection of the pool is carried to its end, here a change of an identity, through a second attempt
/// that begins when its client is long gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_client_is_gone_is_carried_to_its_end() {
    let server =
        Server::start_with(&["--db-lock-timeout-ms", "60000", "--db-statement-timeout-ms", "60000"]).await;
    let urn = server.acme.store(&in_germany(json!({ "externalIdentifier": "crm-1" }))).await.urn();
    let mut rival = server.pool.begin().await.unwrap();
    sqlx::query("update customers set version = version + 1").execute(&mut *rival).await.unwrap();

    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let change = json!({ "customerUrn": urn, "firstName": "Jane", "email": "jane@example.com" });
    let update = json!({ "customer": change });
    connection.write_all(&raw_request("/api/v1/c2a/customer/update", &update)).await.unwrap();
    eventually("the first attempt waits for the rival", async || waiting_for_a_lock(&server).await > 0).await;
    connection.set_zero_linger().unwrap();
    drop(connection);
    // No other test hangs up on this route.
    let noticed = r#"route="/api/v1/c2a/customer/update",method="POST",status="499"} 1"#;
    eventually("the hang-up is counted", async || {
        server.ops.send(reqwest::Method::GET, "/metrics", "").await.text().contains(noticed)
    })
    .await;
    rival.commit().await.unwrap();

    eventually("the update is made", async || {
        server.acme.info(&format!("urn={urn}")).await.json()["result"]["firstName"] == "Jane"
    })
    .await;
}

/// A client that waits is answered on the same raw connection: what the quitters send is a request.
#[tokio::test]
async fn the_quitters_request_is_one_that_succeeds() {
    let server = Server::start().await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();

    let body = in_germany(json!({ "externalIdentifier": "crm-1" }));
    connection.write_all(&raw_request("/api/c2a/customer/store", &body)).await.unwrap();

    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

fn raw_request(path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-tn: {}\r\nx-api-key: {SAMPLE_KEY}\r\n\
         x-correlation-id: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        seed::TENANT_ID,
        Uuid::new_v4(),
        body.len()
    );
    (head + &body).into_bytes()
}

async fn events_of(pool: &PgPool, external_id: &str) -> Vec<String> {
    let events = "select kind from customers join customer_events
                  on customer_events.tenant_id = customers.tenant_id and customer_number = number
                  where external_id = $1";
    sqlx::query_scalar(events).bind(external_id).fetch_all(pool).await.unwrap()
}

async fn rows_without_an_event_a_version(pool: &PgPool) -> i64 {
    let rows = "select count(*) from customers c where version <> (
                    select count(*) from customer_events e
                    where e.tenant_id = c.tenant_id and e.customer_number = c.number
                )";
    sqlx::query_scalar(rows).fetch_one(pool).await.unwrap()
}

/// Looks, from a connection of its own, for sessions that were left in the middle of a transaction.
///
/// Stores are single statements: no session of the server has a reason to be idle in one, ever.
struct Watch {
    looking: tokio::task::JoinHandle<usize>,
    stop: tokio::sync::oneshot::Sender<()>,
}

impl Watch {
    async fn start(database_url: &str) -> Self {
        let mut connection = PgConnection::connect(database_url).await.unwrap();
        let (stop, mut stopped) = tokio::sync::oneshot::channel();
        let looking = tokio::spawn(async move {
            let mut seen = 0;
            while stopped.try_recv().is_err() {
                let idle = "select count(*) from pg_stat_activity
                            where datname = current_database() and state like 'idle in transaction%'";
                let idle: i64 = sqlx::query_scalar(idle).fetch_one(&mut connection).await.unwrap();
                seen += usize::try_from(idle).unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            seen
        });
        Self { looking, stop }
    }

    async fn seen_idle_in_transaction(self) -> usize {
        self.stop.send(()).unwrap();
        self.looking.await.unwrap()
    }
}
