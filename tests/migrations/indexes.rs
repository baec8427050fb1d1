//! Indexes are built beside the traffic: a long reader delays them, and what an interruption left is replaced.

use std::time::{Duration, Instant};

use azotte_customers::postgres::migrations::{MIGRATOR, migrate};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::empty_database;

const LAST_BEFORE: i64 = 20261121000600;

#[tokio::test]
async fn an_index_waits_for_a_long_reader_and_so_do_the_programs_that_start_meanwhile() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    MIGRATOR.run_to(LAST_BEFORE, &mut connect(&options).await).await.unwrap();
    let mut reader = connect(&options).await;
    let mut reading = reader.begin().await.unwrap();
    let snapshot = "set transaction isolation level repeatable read";
    sqlx::query(snapshot).execute(&mut *reading).await.unwrap();
    sqlx::query("select count(*) from customers").execute(&mut *reading).await.unwrap();

    let start = async || {
        migrate(&options).await.unwrap();
        Instant::now()
    };
    let end_reading = async {
        // Longer than the limit for locks and than PostgreSQL takes to look for a deadlock.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let end = Instant::now();
        reading.rollback().await.unwrap();
        end
    };
    let (end, first, second, third) = tokio::join!(end_reading, start(), start(), start());

    assert!(
        [first, second, third].iter().all(|done| *done > end),
        "an index was built beside an older snapshot"
    );
    assert_eq!(unfinished(&options).await, 0);
}

#[tokio::test]
async fn what_is_left_of_an_interrupted_index_is_replaced() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    let mut connection = connect(&options).await;
    MIGRATOR.run_to(LAST_BEFORE, &mut connection).await.unwrap();
    let interrupted = "create index customers_tenant_id_erased_at_idx on customers (number)";
    sqlx::query(interrupted).execute(&mut connection).await.unwrap();
    let invalid = "update pg_index set indisvalid = false
        where indexrelid = 'customers_tenant_id_erased_at_idx'::regclass";
    sqlx::query(invalid).execute(&mut connection).await.unwrap();
    assert_eq!(unfinished(&options).await, 1);

    migrate(&options).await.unwrap();

    assert_eq!(unfinished(&options).await, 0);
}

async fn unfinished(options: &PgConnectOptions) -> i64 {
    let count = "select count(*) from pg_index where not indisvalid";
    sqlx::query_scalar(count).fetch_one(&mut connect(options).await).await.unwrap()
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.unwrap()
}
