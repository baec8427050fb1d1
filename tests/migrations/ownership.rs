//! A database of something else is left as it is, and so is one in another encoding.

use std::{net::TcpListener, process::Command};

use azotte_customers::postgres::{
    migrations::{MigrationError, migrate},
    ownership::NotOurs,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{database, empty_database};

const FOREIGN_MIGRATIONS: &str = "
    create table _sqlx_migrations (
        version bigint primary key, description text not null, installed_on timestamptz not null default now(),
        success boolean not null, checksum bytea not null, execution_time bigint not null);
    insert into _sqlx_migrations values (1, 'theirs', now(), true, '\\x00', 1);";

#[tokio::test]
async fn a_database_of_something_else_is_left_as_it_is() {
    for foreign in ["create table orders (id int)", "create view orders as select 1", FOREIGN_MIGRATIONS] {
        let url = with(foreign).await;
        let before = relations(&url).await;

        let refused = migrate(&url.parse().unwrap()).await.unwrap_err();

        assert!(matches!(refused, MigrationError::NotOurs(NotOurs::Foreign { .. })), "{refused}");
        assert_eq!(relations(&url).await, before, "{foreign}");
    }
}

#[tokio::test]
async fn a_server_and_a_command_refuse_it_in_one_sentence() {
    let url = with("create table orders (id int)").await;
    for arguments in [&["migrate"][..], &["tenant", "list"], &["serve", "--listen", "127.0.0.1:0"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_azotte-customers"));
        command.args(arguments).args(["--database-url", &url, "--environment", "sandbox"]);
        command.arg("--allow-unsafe-database");

        let outcome = command.output().unwrap();

        let said = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(1), "{said}");
        assert!(said.contains("orders") && said.contains("an empty database of its own"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(relations(&url).await, ["orders"]);
}

#[tokio::test]
async fn what_belongs_to_nothing_else_is_migrated() {
    let begun = FOREIGN_MIGRATIONS.split("insert").next().unwrap();
    for harmless in ["create extension pg_trgm", "create schema other; create table other.orders ()", begun] {
        let url = with(harmless).await;
        assert!(migrate(&url.parse().unwrap()).await.unwrap() > 0, "{harmless}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_in_utf_8_is_refused() {
    let admin = empty_database().await;
    let name =
        format!("{}_ascii", admin.split(['/', '?']).find(|part| part.starts_with("azotte_test")).unwrap());
    execute(&admin, &format!("create database {name} template template0 encoding 'SQL_ASCII' locale 'C'"))
        .await;
    let url = database::with_database(&admin, &name);

    let refused = migrate(&url.parse().unwrap()).await.unwrap_err();

    assert!(matches!(refused, MigrationError::NotOurs(NotOurs::Encoding(_))), "{refused}");
    assert!(relations(&url).await.is_empty());
    execute(&admin, &format!("drop database {name}")).await;
}

#[tokio::test]
async fn a_server_whose_address_is_taken_has_not_migrated() {
    let url = empty_database().await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_azotte-customers"));
    command.args(["--listen", &address, "--database-url", &url, "--environment", "sandbox"]);

    let outcome = command.arg("--allow-unsafe-database").output().unwrap();

    assert_eq!(outcome.status.code(), Some(1));
    assert!(relations(&url).await.is_empty());
}

/// The URL of a database that holds what `statements` make.
async fn with(statements: &str) -> String {
    let url = empty_database().await;
    execute(&url, statements).await;
    url
}

async fn execute(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn relations(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let all = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
               and relkind in ('r', 'v') order by 1";
    sqlx::query_scalar(all).fetch_all(&mut connection).await.unwrap()
}
