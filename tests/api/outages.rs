//! A database that is there and cannot do what it is asked: read-only, occupied, restarting.

use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{
    Reply, Server,
    bodies::{change, customer},
    database,
    eventually::eventually,
    parallel::{all_at_once, count},
};

const DEFAULTS: [&str; 2] = ["--db-acquire-timeout-ms", "250"];
const CONNECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_is_read_from_and_written_to_again_when_it_can_be() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();

    make_read_only(&mut operator, true).await;
    eventually("writes are refused", async || server.acme.store(&customer("crm-2")).await.status == 503)
        .await;
    for reply in [
        server.acme.store(&customer("crm-2")).await,
        server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await,
        server.acme.delete(&json!({ "customerUuid": urn })).await,
    ] {
        assert_unavailable(&reply);
    }
    assert_eq!(server.acme.info("exId=crm-1").await.status, 200);
    let ready = async || server.ops.send(Method::GET, "/health/ready", "").await;
    eventually("it is not ready", async || ready().await.status == 503).await;
    assert_eq!(ready().await.json()["reason"], "the database takes no writes: it is a standby, or read-only");

    make_read_only(&mut operator, false).await;
    eventually("it is ready", async || ready().await.status == 200).await;
    eventually("writes are taken", async || server.acme.store(&customer("crm-2")).await.status == 200).await;
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_lets_the_server_in_no_more_is_one_that_is_away() {
    let url = database::create().await;
    let mut operator = PgConnection::connect(&url).await.unwrap();
    let role = format!("server_{}", std::process::id());
    let execute = async |operator: &mut PgConnection, sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(operator).await.unwrap();
    };
    execute(&mut operator, format!("create role {role} login superuser password 'secret'")).await;
    let (_, rest) = url.rsplit_once('@').unwrap();
    let server = Server::start_on(format!("postgres://{role}:secret@{rest}"), &[]).await;
    assert_eq!(server.acme.store(&customer("crm-1")).await.status, 200);

    execute(&mut operator, format!("alter role {role} nologin")).await;
    terminate_the_servers_sessions(&mut operator).await;
    eventually("it is told to come back", async || server.acme.info("exId=crm-1").await.status == 503).await;
    for _ in 0..3 {
        assert_unavailable(&server.acme.info("exId=crm-1").await);
    }

    execute(&mut operator, format!("alter role {role} login")).await;
    eventually("it is let in", async || server.acme.info("exId=crm-1").await.status == 200).await;
    server.stop().await;
    execute(&mut operator, format!("drop owned by {role}; drop role {role}")).await;
}

/// For new sessions, which those there make way for.
async fn make_read_only(operator: &mut PgConnection, read_only: bool) {
    let name: String =
        sqlx::query_scalar("select current_database()").fetch_one(&mut *operator).await.unwrap();
    for statement in [
        "set default_transaction_read_only = off".to_owned(),
        format!("alter database {name} set default_transaction_read_only = {read_only}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *operator).await.unwrap();
    }
    terminate_the_servers_sessions(operator).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_connection_behind_a_lock_the_rest_is_told_so_and_comes_through_afterwards() {
    let server = Server::start_with(&["--db-acquire-timeout-ms", "250", "--db-connections", "2"]).await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let mut rival = PgConnection::connect(&server.database_url).await.unwrap();
    let mut held = rival.begin().await.unwrap();
    sqlx::query("update customers set version = version").execute(&mut *held).await.unwrap();

    for _ in 0..3 {
        let replies = all_at_once((0..10).map(|n| {
            let (acme, urn) = (server.acme.clone(), urn.clone());
            async move { acme.update(&change(&urn, json!({ "firstName": format!("n{n}") }))).await }
        }));
        replies.await.iter().for_each(assert_unavailable);
    }

    held.rollback().await.unwrap();
    eventually("updates come through", async || {
        server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await.status == 200
    })
    .await;
    assert_eq!(server.acme.info(&format!("urn={urn}")).await.json()["result"]["version"], 2);
}

/// As an operator or a restart does it (57P01): a broken connection costs one request at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_sessions_cost_a_few_answers_at_most() {
    let connections = CONNECTIONS.to_string();
    let server = Server::start_with(&[&DEFAULTS[..], &["--db-connections", &connections]].concat()).await;
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();

    for round in 0..5 {
        let warm = all_at_once((0..CONNECTIONS).map(|n| {
            let acme = server.acme.clone();
            async move { acme.validate(&format!("crm-{n}")).await }
        }));
        assert_eq!(count(&warm.await, 200), CONNECTIONS);
        terminate_the_servers_sessions(&mut operator).await;

        let mut unavailable = 0;
        for n in 0..20 {
            let reply = server.acme.store(&customer(&format!("crm-{round}-{n}"))).await;
            match reply.status.as_u16() {
                200 => {}
                _ => {
                    assert_unavailable(&reply);
                    unavailable += 1;
                }
            }
        }
        assert!(unavailable <= CONNECTIONS, "{unavailable} of 20");
    }
}

async fn terminate_the_servers_sessions(operator: &mut PgConnection) {
    let terminate = "select pg_terminate_backend(pid, 5000) from pg_stat_activity
                     where datname = current_database() and application_name = 'azotte-customers'";
    sqlx::query(terminate).execute(operator).await.unwrap();
}

fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert!(reply.header("retry-after").is_some());
}
