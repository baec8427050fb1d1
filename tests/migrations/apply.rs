//! Applied once, twice, by many at the same time, and by a program older than the database.

use std::process::{Command, Stdio};

use azotte_customers::postgres::{
    health::has_migrations,
    migrations::{MIGRATOR, migrate},
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::empty_database;

const AT_ONCE: usize = 5;

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    migrate(&options).await.unwrap();
    let first = schema(&options).await;
    assert!(!first.is_empty());
    migrate(&options).await.unwrap();
    assert_eq!(schema(&options).await, first);
    assert_eq!(applied(&options).await, known());
}

#[tokio::test]
async fn runs_that_overlap_apply_each_migration_once() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    let run = || migrate(&options);
    let outcomes = tokio::join!(run(), run(), run(), run(), run());
    for outcome in [outcomes.0, outcomes.1, outcomes.2, outcomes.3, outcomes.4] {
        outcome.unwrap();
    }
    assert_eq!(applied(&options).await, known());
}

#[tokio::test]
async fn processes_that_start_together_apply_each_migration_once() {
    let url = empty_database().await;
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_azotte-customers"));
        command.args(["migrate", "--database-url", &url, "--environment", "sandbox", "--json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let processes: Vec<_> = (0..AT_ONCE).map(|_| start()).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(applied(&url.parse().unwrap()).await, known());
}

#[tokio::test]
async fn a_database_that_is_ahead_of_the_program_is_left_alone_and_is_ready() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    migrate(&options).await.unwrap();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (99991231000000, 'of a newer program', true, '\\x00', 1)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();

    migrate(&options).await.unwrap();
    assert_eq!(has_migrations(&mut connection).await, Ok(()));
}

fn known() -> Vec<i64> {
    MIGRATOR.iter().map(|migration| migration.version).collect()
}

async fn applied(options: &PgConnectOptions) -> Vec<i64> {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    let versions = "select version from _sqlx_migrations where success order by installed_on, version";
    sqlx::query_scalar(versions).fetch_all(&mut connection).await.unwrap()
}

/// Columns, constraints and indexes, and when which migration was applied.
async fn schema(options: &PgConnectOptions) -> Vec<String> {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    let everything = "
        select concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, column_default)
        from information_schema.columns where table_schema = 'public'
        union all
        select concat_ws(' ', conname, pg_get_constraintdef(oid))
        from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select indexdef from pg_indexes where schemaname = 'public'
        union all
        select concat_ws(' ', version, installed_on) from _sqlx_migrations
        order by 1";
    sqlx::query_scalar(everything).fetch_all(&mut connection).await.unwrap()
}
