//! Clients that hang up in the middle of a write cost nobody else theirs: what was acknowledged is there,
//! and what was not is there as a whole or not at all.

use std::time::Duration;

use rand::RngExt;
use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use uuid::Uuid;

use azotte_customers::{domain::api_key::SAMPLE_KEY, sandbox::seed};

use crate::support::{Server, customers::in_germany, eventually::eventually};

const QUITTERS: usize = 300;
const WRITERS: usize = 4;
const WRITES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_lose_nobody_an_acknowledged_write() {
    let few_connections = ["--db-connections", "2", "--db-acquire-timeout-ms", "60000"];
    let server = Server::start_with(&few_connections).await;
    let watch = Watch::start(&server.database_url).await;

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let acme = server.acme.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..WRITES {
                let external_id = format!("writer-{writer}-{n}");
                let reply = acme.store(&in_germany(json!({ "externalIdentifier": external_id }))).await;
                assert_eq!(reply.outcome(), (200, "SUCCESS".to_owned()), "{external_id}");
                acknowledged.push(external_id);
            }
            acknowledged
        });
    }
    let mut quitters = JoinSet::new();
    for n in 0..QUITTERS {
        let address = server.address;
        quitters.spawn(async move {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(&store_request(&format!("quitter-{n}"))).await.unwrap();
            let moment = rand::rng().random_range(0..20_000);
            tokio::time::sleep(Duration::from_micros(moment)).await;
            // Without the goodbye of an orderly close.
            connection.set_zero_linger().unwrap();
        });
        tokio::time::sleep(Duration::from_micros(rand::rng().random_range(0..3_000))).await;
    }
    quitters.join_all().await;
    let acknowledged = writers.join_all().await.concat();

    assert_eq!(acknowledged.len(), WRITERS * WRITES);
    for external_id in &acknowledged {
        assert_eq!(events_of(&server.pool, external_id).await, ["stored"], "{external_id}");
    }
    eventually("what the quitters began has ended", async || {
        let query =
            "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'
                     and pid <> pg_backend_pid()";
        let active: i64 = sqlx::query_scalar(query).fetch_one(&server.pool).await.unwrap();
        active == 0
    })
    .await;
    assert_eq!(rows_without_exactly_one_event(&server.pool).await, 0);
    assert_eq!(watch.seen_idle_in_transaction().await, 0);
}

/// The control: quitters do reach the write, so that hanging up has something to interrupt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_client_is_gone_still_ends() {
    let server = Server::start().await;

    for n in 0..20 {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(&store_request(&format!("quitter-{n}"))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
        drop(connection);
    }

    eventually("a quitter's customer is stored", async || server.counts().await.0 > 0).await;
    assert_eq!(rows_without_exactly_one_event(&server.pool).await, 0);
}

/// A client that waits is answered on the same raw connection: what the quitters send is a request.
#[tokio::test]
async fn the_quitters_request_is_one_that_succeeds() {
    let server = Server::start().await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();

    connection.write_all(&store_request("crm-1")).await.unwrap();

    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

fn store_request(external_id: &str) -> Vec<u8> {
    let body = in_germany(json!({ "externalIdentifier": external_id })).to_string();
    let head = format!(
        "POST /api/c2a/customer/store HTTP/1.1\r\nhost: localhost\r\nx-tn: {}\r\nx-api-key: {SAMPLE_KEY}\r\n\
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

async fn rows_without_exactly_one_event(pool: &PgPool) -> i64 {
    let rows = "select count(*) from customers c where 1 <> (
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
