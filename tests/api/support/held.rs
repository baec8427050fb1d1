//! Requests that stay in flight for as long as a test needs.

use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::task::JoinHandle;

use super::{
    Client, Reply, Server,
    bodies::{change, customer},
    database::citus,
    eventually::eventually,
};

/// Updates of a row of each client's tenant, all of which a session of its own holds.
pub struct Held {
    session: PgConnection,
    updates: Vec<JoinHandle<Reply>>,
}

impl Held {
    pub async fn of(server: &Server, updates: u32) -> Self {
        Self::with_waiting(server, updates as usize, updates.into()).await
    }

    /// `updates` of one tenant are sent, and so many of them get as far as the row.
    pub async fn with_waiting(server: &Server, updates: usize, waiting: i64) -> Self {
        Self::by(server, &vec![&server.acme; updates], waiting).await
    }

    /// An update by each client.
    pub async fn by(server: &Server, clients: &[&Client], waiting: i64) -> Self {
        let mut bodies = Vec::new();
        for (n, client) in clients.iter().enumerate() {
            client.store(&customer("held")).await;
            let urn = client.info("exId=held").await.urn();
            // A change of an identity goes alone, on a connection of the pool.
            bodies.push(change(&urn, json!({ "email": format!("n{n}@example.com") })));
        }
        let mut session = PgConnection::connect(&server.database_url).await.unwrap();
        let hold = "begin; update customers set version = version where external_id = 'held'";
        sqlx::raw_sql(hold).execute(&mut session).await.unwrap();
        let updates = clients.iter().zip(bodies).map(|(client, body)| {
            let client = Client::clone(client);
            tokio::spawn(async move { client.update(&body).await })
        });
        let updates = updates.collect();
        eventually("the updates wait", async || waiting_for_a_lock(server).await == waiting).await;
        Self { session, updates }
    }

    /// The statuses of the updates, once the rows are free.
    pub async fn release(mut self) -> Vec<u16> {
        sqlx::raw_sql("rollback").execute(&mut self.session).await.unwrap();
        let mut statuses = Vec::new();
        for update in self.updates {
            statuses.push(update.await.unwrap().status.as_u16());
        }
        statuses
    }
}

pub async fn waiting_for_a_lock(server: &Server) -> i64 {
    sessions_that_wait(&server.pool).await
}

/// Sessions that wait for a lock, on every node that the database has.
pub async fn sessions_that_wait(pool: &PgPool) -> i64 {
    let here = "select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
    let on_workers = "select coalesce(sum(result::bigint), 0)::bigint from run_command_on_workers($1)";
    let mut waiting: i64 = sqlx::query_scalar(here).fetch_one(pool).await.unwrap();
    if citus::url().is_some() {
        let others: i64 = sqlx::query_scalar(on_workers).bind(here).fetch_one(pool).await.unwrap();
        waiting += others;
    }
    waiting
}
