//! Databases on a Citus cluster: `AZOTTE_TEST_CITUS_URL` names a database of a superuser on its coordinator, which has the
//! extension and knows the workers.
//!
//! What Citus knows of tables and shards is in each node's own database, by names and numbers that a copy keeps. So one
//! template is migrated and distributed, and the database of a test is a copy of it on every node: seconds become tenths of a
//! second.

use azotte_customers::postgres::{distribution, migrations};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

use super::{execute, with_database};

/// Enough that tenants are on different workers, few enough to be made fast.
const SHARDS: u32 = 4;

/// URLs of a database to work from, the coordinator's first.
#[derive(Clone)]
pub struct Nodes(Vec<String>);

pub fn url() -> Option<String> {
    std::env::var("AZOTTE_TEST_CITUS_URL").ok().filter(|url| !url.is_empty())
}

impl Nodes {
    pub async fn behind(coordinator: &str) -> Self {
        let mut admin = PgConnection::connect(coordinator).await.unwrap();
        let workers = "select nodename, nodeport from pg_dist_node
                       where groupid <> 0 and noderole = 'primary' and isactive order by groupid";
        let workers: Vec<(String, i32)> = sqlx::query_as(workers).fetch_all(&mut admin).await.unwrap();
        assert!(!workers.is_empty(), "AZOTTE_TEST_CITUS_URL: its database has no workers");
        let workers = workers.into_iter().map(|(host, port)| at(coordinator, &host, port));
        Self([coordinator.to_owned()].into_iter().chain(workers).collect())
    }

    pub fn coordinator(&self) -> &str {
        &self.0[0]
    }

    pub async fn execute(&self, statement: &str) {
        let on_node = |url| async move {
            let mut connection = PgConnection::connect(url).await.unwrap();
            execute(&mut connection, statement).await;
            connection.close().await.unwrap();
        };
        join_all(self.0.iter().map(|url| on_node(url.as_str()))).await;
    }

    /// A database on every node, in which the coordinator knows the others.
    pub async fn create_empty(&self, name: &str) {
        self.execute(&format!("create database {name}")).await;
        let of_database = Self(self.0.iter().map(|url| with_database(url, name)).collect());
        of_database.execute("create extension citus").await;
        let mut coordinator = PgConnection::connect(of_database.coordinator()).await.unwrap();
        let (host, port) = address(self.coordinator());
        let mut known = format!("select citus_set_coordinator_host('{host}', {port});");
        for (host, port) in self.0[1..].iter().map(|url| address(url)) {
            known += &format!("select citus_add_node('{host}', {port});");
        }
        known += &format!("alter database {name} set citus.shard_count = {SHARDS}");
        for statement in known.split(';') {
            execute(&mut coordinator, statement).await;
        }
    }

    /// Migrates and distributes it, and closes it for everybody, so that it can be copied.
    pub async fn create_template(&self, name: &str) {
        self.create_empty(name).await;
        let url = with_database(self.coordinator(), name);
        migrations::migrate(&url.parse().unwrap()).await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        distribution::finish(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.execute(&format!("alter database {name} with allow_connections false")).await;
        // Citus has a process in each database, which would count as a user of it.
        let end =
            format!("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'");
        self.execute(&end).await;
    }

    pub async fn copy(&self, template: &str, name: &str) {
        self.execute(&format!("create database {name} template {template} strategy file_copy")).await;
    }

    pub async fn drop(&self, name: &str) {
        self.execute(&format!("drop database if exists {name} with (force)")).await;
    }
}

/// Host and port of a URL.
fn address(url: &str) -> (String, u16) {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    (options.get_host().to_owned(), options.get_port())
}

/// The same URL for another server, as the same user.
fn at(url: &str, host: &str, port: i32) -> String {
    let (before, rest) = url.split_once('@').expect("a URL with a user");
    let (_, path) = rest.split_once('/').expect("a URL with a database");
    format!("{before}@{host}:{port}/{path}")
}
