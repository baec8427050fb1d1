//! Why every request runs as a task of its own: what the pool of sqlx 0.9.0 does to the others when the future of
//! a `begin()` is dropped, shown without any code of ours.
//!
//! The transaction that was begun stays open on a connection that goes back to the pool. Whoever gets it next
//! writes into that transaction, is told that it is done, and loses it. Should a later sqlx repair this, the
//! control says so: then the task is still worth having, but not for this.

use std::time::Duration;

use rand::RngExt;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

use crate::support::database;

const ROUNDS: usize = 10;
const WRITES: i32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_begin_loses_what_others_were_acknowledged() {
    for _ in 0..ROUNDS {
        if lost_beside(|pool| async move { drop(pool.begin().await) }).await > 0 {
            return;
        }
    }
    panic!("{ROUNDS} rounds lost nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_task_of_its_own_it_loses_nothing() {
    for _ in 0..ROUNDS {
        let lost = lost_beside(|pool| async move {
            // Who waits is dropped; the task is not.
            tokio::spawn(async move { drop(pool.begin().await) }).await.unwrap();
        });
        assert_eq!(lost.await, 0);
    }
}

/// Of writes acknowledged beside calls that were dropped at random moments, those that are not there.
async fn lost_beside<F: Future<Output = ()> + Send>(call: impl Fn(PgPool) -> F) -> usize {
    let database_url = database::create().await;
    let mut observer = PgConnection::connect(&database_url).await.unwrap();
    sqlx::query("create table written (n int primary key)").execute(&mut observer).await.unwrap();
    let pool = PgPoolOptions::new().max_connections(2).connect(&database_url).await.unwrap();
    let mut acknowledged = Vec::new();
    for n in 0..WRITES {
        let moment = Duration::from_micros(rand::rng().random_range(0..1_000));
        tokio::time::timeout(moment, call(pool.clone())).await.ok();
        if sqlx::query("insert into written values ($1)").bind(n).execute(&pool).await.is_ok() {
            acknowledged.push(n);
        }
    }
    pool.close().await;
    let there: Vec<i32> = sqlx::query_scalar("select n from written").fetch_all(&mut observer).await.unwrap();
    assert!(!acknowledged.is_empty());
    acknowledged.iter().filter(|n| !there.contains(n)).count()
}
