//! A synchronous standby that does not answer: every write hangs in its commit, and its backend does not notice that the
//! client has gone. The database keeps its connections all the same, and the servers say that they are not ready.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use azotte_customers::postgres::migrations;
use embedded_postgres::{Durability, EmbeddedPostgres};
use reqwest::Method;
use sqlx::{Connection, PgConnection};
use tokio::{task::JoinSet, time::sleep};

use crate::support::{
    Client, Server,
    bodies::customer,
    database::{execute, fresh_name},
    eventually::eventually,
};

/// Of a server, as small as it can be: 8 of the pool, 4 of its thread, and those beside them.
const SMALL: [&str; 6] = ["--db-connections", "8", "--threads", "1", "--db-acquire-timeout-ms", "250"];
/// As docs/operations/database.md has it.
const MOST_OF_A_SERVER: i64 = 8 + 4 + 5;
const WRITERS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_standby_hangs_no_server_takes_more_connections_than_it_has_places() {
    let database = Replicated::create().await;
    let mut operator = database.connect().await;
    let servers =
        [Server::start_on(database.url(), &SMALL).await, Server::start_on(database.url(), &SMALL).await];
    assert_eq!(servers[0].acme.store(&customer("before")).await.status, 200);

    database.let_standby_hang(&mut operator).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for n in 0..WRITERS {
        let acme = servers[n % servers.len()].acme.clone();
        writers.spawn(write_until(stop.clone(), acme, n));
    }
    let mut most = 0;
    let mut was_told = false;
    for _ in 0..100 {
        sleep(Duration::from_millis(100)).await;
        most = most.max(database.connections(&mut operator).await);
        was_told |= is_told_that_nothing_commits(&servers[0]).await;
    }
    database.connect().await.close().await.unwrap();
    assert_eq!(servers[0].acme.info("exId=before").await.status, 200, "reads need no standby");
    stop.store(true, Ordering::Relaxed);
    let acknowledged = writers.join_all().await.concat();

    assert!(most <= 2 * MOST_OF_A_SERVER, "{most} connections of two servers");
    assert!(was_told, "ready all the time");
    assert!(acknowledged.is_empty(), "{acknowledged:?} were acknowledged without a standby");

    database.let_standby_go(&mut operator).await;
    for (n, server) in servers.iter().enumerate() {
        eventually("writes are taken", async || {
            server.acme.store(&customer(&format!("after-{n}"))).await.status == 200
        })
        .await;
        eventually("it is ready", async || is_ready(server).await).await;
    }
}

/// What was acknowledged.
async fn write_until(stop: Arc<AtomicBool>, acme: Client, writer: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let external_id = format!("writer-{writer}-{n}");
        if acme.store(&customer(&external_id)).await.status == 200 {
            acknowledged.push(external_id);
        }
    }
    acknowledged
}

async fn is_ready(server: &Server) -> bool {
    server.ops.send(Method::GET, "/health/ready", "").await.status == 200
}

async fn is_told_that_nothing_commits(server: &Server) -> bool {
    let reply = server.ops.send(Method::GET, "/health/ready", "").await;
    reply.status == 503 && reply.text().contains("does not commit")
}

/// On a cluster of its own, because all databases of a cluster have the same standbys.
struct Replicated {
    cluster: EmbeddedPostgres,
    name: String,
}

impl Replicated {
    async fn create() -> Self {
        let user = std::env::var("USER").unwrap_or_default();
        let folder = std::env::temp_dir().join(format!("azotte-customers-tests-{user}-replicated"));
        let start = move || EmbeddedPostgres::ensure(&folder, Durability::Throwaway).unwrap();
        let cluster = tokio::task::spawn_blocking(start).await.unwrap();
        let database = Self { cluster, name: fresh_name() };
        let mut admin = PgConnection::connect(&database.cluster.url("postgres")).await.unwrap();
        database.let_standby_go(&mut admin).await;
        execute(&mut admin, &format!("create database {}", database.name)).await;
        migrations::migrate(&database.url().parse().unwrap()).await.unwrap();
        execute(&mut admin, &format!("alter database {} set synchronous_commit = on", database.name)).await;
        database
    }

    fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    async fn let_standby_hang(&self, operator: &mut PgConnection) {
        execute(operator, "alter system set synchronous_standby_names = 'nobody'").await;
        execute(operator, "select pg_reload_conf()").await;
    }

    async fn let_standby_go(&self, operator: &mut PgConnection) {
        execute(operator, "alter system reset synchronous_standby_names").await;
        execute(operator, "select pg_reload_conf()").await;
    }

    /// Of the servers.
    async fn connections(&self, operator: &mut PgConnection) -> i64 {
        let count = "select count(*) from pg_stat_activity
                     where datname = current_database() and application_name like 'azotte-customers%'";
        sqlx::query_scalar(count).fetch_one(operator).await.unwrap()
    }
}
