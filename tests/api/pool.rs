//! The server's connections: kept while they are well, closed when nobody can say so.

use std::time::Duration;

use azotte_customers::postgres::{
    connect::PoolLimits,
    pool::{Pool, Pooled},
};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{
    Server,
    bodies::{change, customer},
    database,
    eventually::eventually,
    parallel, partners,
    pool_limits::default_pool_limits,
    proxy::{Fault, Proxy},
};

/// Whatever is answered, the connection is used again: a new one for each request would cost more than the request.
#[tokio::test]
async fn one_connection_serves_every_endpoint_and_every_outcome() {
    let server = Server::start_with(&["--db-connections", "1"]).await;
    let csp = server.csp();
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    assert_eq!(server.acme.info("exId=crm-1").await.status, 200);
    assert_eq!(server.acme.delete(&json!({ "customerUuid": "cu.00.1" })).await.status, 404);
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();
    let before = sessions(&mut operator).await;
    assert_eq!(before.len(), 5, "for writes, for reads, of the pool, for keys, of readiness");

    let id = Uuid::new_v4();
    let partner = partners::customer_with("acme", json!({ "id": id }));
    let retried = server.acme.with("idempotency-key", "once");
    let stale = server.acme.with("if-match", "\"9\"");
    for (reply, status) in [
        (server.acme.validate("crm-1").await, 200),
        (server.acme.store(&customer("crm-1")).await, 409),
        (server.acme.info("exId=crm-2").await, 404),
        (server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await, 200),
        (stale.update(&change(&urn, json!({ "firstName": "Joe" }))).await, 412),
        (stale.delete(&json!({ "customerUuid": urn })).await, 412),
        (server.acme.delete(&json!({ "customerUuid": "cu.00.1" })).await, 404),
        (retried.store(&customer("crm-3")).await, 200),
        (retried.store(&customer("crm-3")).await, 200),
        (retried.store(&customer("crm-4")).await, 422),
        (server.acme.delete(&json!({ "customerUuid": urn })).await, 200),
        (csp.create(&partner).await, 201),
        (csp.create(&partner).await, 200),
        (csp.get(id).await, 200),
        (csp.get(Uuid::new_v4()).await, 404),
        (csp.send(Method::GET, "/v1/Customers", "").await, 200),
    ] {
        assert_eq!(reply.status, status, "{}", reply.text());
    }

    assert_eq!(sessions(&mut operator).await, before);
}

#[tokio::test]
async fn a_connection_that_nobody_gave_back_is_closed_and_its_place_is_free() {
    let pool = pool_of_one(&database::create().await);
    let first = session(&mut pool.acquire().await.unwrap()).await;

    let mut second = pool.acquire().await.unwrap();

    assert_ne!(session(&mut second).await, first);
}

#[tokio::test]
async fn a_connection_given_back_is_lent_again() {
    let pool = pool_of_one(&database::create().await);
    let mut connection = pool.acquire().await.unwrap();
    let first = session(&mut connection).await;
    connection.give_back();

    assert_eq!(session(&mut pool.acquire().await.unwrap()).await, first);
}

/// sqlx would send the rollback with the next statement, whenever that is.
#[tokio::test]
async fn a_connection_left_in_a_transaction_is_not_lent_again() {
    let pool = pool_of_one(&database::create().await);
    let mut connection = pool.acquire().await.unwrap();
    let first = session(&mut connection).await;
    drop(connection.begin().await.unwrap());
    connection.give_back();

    assert_ne!(session(&mut pool.acquire().await.unwrap()).await, first);
}

#[tokio::test]
async fn a_connection_that_died_at_rest_is_not_lent() {
    let database_url = database::create().await;
    let pool = pool_of_one(&database_url);
    let mut connection = pool.acquire().await.unwrap();
    let first = session(&mut connection).await;
    connection.give_back();
    let mut operator = PgConnection::connect(&database_url).await.unwrap();
    sqlx::query("select pg_terminate_backend($1, 5000)").bind(first).execute(&mut operator).await.unwrap();
    sleep(Duration::from_secs(1)).await;

    assert_ne!(session(&mut pool.acquire().await.unwrap()).await, first);
}

/// Its backend is at work and does not notice that nobody waits for it any more.
#[tokio::test]
async fn a_place_is_free_again_once_its_backend_is_gone() {
    let database_url = database::create().await;
    let pool = pool_of_one(&database_url);
    let mut connection = pool.acquire().await.unwrap();
    let first = session(&mut connection).await;
    let at_work = sqlx::query("select pg_sleep(60)").execute(&mut *connection);
    timeout(Duration::from_millis(100), at_work).await.expect_err("60 seconds");
    drop(connection);

    let _second = pool.acquire().await.unwrap();

    let mut operator = PgConnection::connect(&database_url).await.unwrap();
    let left = sessions(&mut operator).await;
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].0, first);
}

#[tokio::test]
async fn a_connection_that_was_begun_is_kept_though_nobody_waits_for_it() {
    let proxy = Proxy::before(&database::create().await).await;
    proxy.set(Fault::Latency(Duration::from_millis(50)));
    let pool = pool_of_one(&proxy.url());

    timeout(Duration::from_millis(20), pool.acquire()).await.map(|_| ()).expect_err("it takes longer");

    eventually("it is there", async || pool.occupancy().idle == 1).await;
}

/// As after a failover, where the name leads to another server while the old one is silent.
#[tokio::test]
async fn an_attempt_that_hangs_does_not_keep_others_from_theirs() {
    let proxy = Proxy::before(&database::create().await).await;
    proxy.set(Fault::HalfOpen);
    let pool = pool_of_one(&proxy.url());
    let silent = pool.acquire().await;
    assert!(silent.is_err(), "no answer");

    proxy.set(Fault::None);

    pool.acquire().await.expect("another attempt is made");
}

#[tokio::test]
async fn where_the_database_has_no_connection_left_one_waits_for_those_there_are() {
    let database_url = database::create().await;
    let mut operator = PgConnection::connect(&database_url).await.unwrap();
    let role = format!("few_{}", std::process::id());
    let create = format!("create role {role} login password 'secret' connection limit 2");
    database::execute(&mut operator, &create).await;
    let (_, rest) = database_url.rsplit_once('@').unwrap();
    let limits = PoolLimits { connections: 4, ..pool_of_one_limits() };
    let pool = Pool::new(&format!("postgres://{role}:secret@{rest}").parse().unwrap(), &limits);
    let all_at_once = (0..20).map(|_| {
        let pool = pool.clone();
        async move {
            let connection = pool.acquire().await?;
            sleep(Duration::from_millis(10)).await;
            connection.give_back();
            Ok::<_, sqlx::Error>(())
        }
    });

    let outcomes = parallel::all_at_once(all_at_once).await;

    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    pool.close().await;
    drop(pool);
    eventually("the role is in use no more", async || {
        let sessions = "select count(*) from pg_stat_activity where usename = $1";
        sqlx::query_scalar::<_, i64>(sessions).bind(&role).fetch_one(&mut operator).await.unwrap() == 0
    })
    .await;
    database::execute(&mut operator, &format!("drop role {role}")).await;
}

#[tokio::test]
async fn nobody_waits_for_a_connection_for_ever() {
    let pool = pool_of_one(&database::create().await);
    let _held = pool.acquire().await.unwrap();

    let refused = timeout(Duration::from_secs(10), pool.acquire()).await.expect("an answer");

    assert!(matches!(refused, Err(sqlx::Error::PoolTimedOut)));
}

#[tokio::test]
async fn a_closed_pool_lends_nothing_and_keeps_nothing() {
    let pool = pool_of_one(&database::create().await);
    let held = pool.acquire().await.unwrap();
    pool.close().await;

    held.give_back();

    assert!(matches!(pool.acquire().await, Err(sqlx::Error::PoolClosed)));
    assert_eq!(pool.occupancy().idle, 0);
}

fn pool_of_one(database_url: &str) -> Pool {
    Pool::new(&database_url.parse().unwrap(), &pool_of_one_limits())
}

fn pool_of_one_limits() -> PoolLimits {
    PoolLimits { connections: 1, acquire_timeout: Duration::from_secs(5), ..default_pool_limits() }
}

async fn session(connection: &mut Pooled) -> i32 {
    sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut **connection).await.unwrap()
}

/// Those of the pool, with when they began.
async fn sessions(operator: &mut PgConnection) -> Vec<(i32, String)> {
    let sessions = "select pid, backend_start::text from pg_stat_activity
                    where datname = current_database() and application_name = 'azotte-customers'
                    order by pid";
    sqlx::query_as(sessions).fetch_all(operator).await.unwrap()
}
