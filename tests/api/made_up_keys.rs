//! Anybody can make up keys that look right, and a tenant's token can name any domain: neither keeps a good tenant from the
//! database, and what could not be looked up is not called unknown.

use azotte_customers::domain::{api_key::ApiKey, environment::Environment};
use reqwest::Method;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{
    Client, Server,
    eventually::eventually,
    parallel::{all_at_once, count},
};

const STRANGERS: usize = 300;
/// A small pool, where a look-up that is held up stays so.
const FLAGS: [&str; 8] = [
    "--db-connections",
    "2",
    "--db-acquire-timeout-ms",
    "2000",
    "--db-lock-timeout-ms",
    "60000",
    "--db-statement-timeout-ms",
    "60000",
];

#[tokio::test]
async fn made_up_keys_do_not_keep_a_good_tenant_from_the_database() {
    let server = Server::start_listening(&FLAGS).await;
    assert_eq!(server.acme.info("exId=crm-1").await.status, 404);
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();
    let mut lock = operator.begin().await.unwrap();
    sqlx::query("lock table api_keys in access exclusive mode").execute(&mut *lock).await.unwrap();

    let strangers: Vec<_> = (0..STRANGERS).map(|_| stranger(&server)).collect();
    let strangers = strangers.into_iter().map(|stranger| async move { stranger.info("exId=crm-1").await });
    let refused = tokio::spawn(all_at_once(strangers));
    eventually("strangers have all the connections that they can get", async || waiting(&server).await == 2)
        .await;

    for _ in 0..20 {
        assert_eq!(server.acme.info("exId=crm-1").await.status, 404);
    }
    let refused = refused.await.unwrap();
    assert_eq!(count(&refused, 503), STRANGERS, "not decided, so not 401");
    assert!(refused.iter().all(|reply| reply.header("retry-after").is_some()));
    lock.rollback().await.unwrap();
    assert_eq!(stranger(&server).info("exId=crm-1").await.status, 401);
}

#[tokio::test]
async fn made_up_domains_are_not_looked_up() {
    let server = Server::start_listening(&FLAGS).await;
    let csp = server.csp();
    assert_eq!(csp.send(Method::GET, "/v1/Customers", "").await.status, 200);
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();
    let mut lock = operator.begin().await.unwrap();
    sqlx::query("lock table tenant_domains in access exclusive mode").execute(&mut *lock).await.unwrap();

    let made_up = (0..STRANGERS).map(|number| {
        let client = csp.with("x-tenant", &format!("made-up-{number}.example.com"));
        async move { client.send(Method::GET, "/v1/Customers", "").await }
    });
    let refused = all_at_once(made_up).await;

    assert_eq!(count(&refused, 403), STRANGERS);
    assert_eq!(csp.send(Method::GET, "/v1/Customers", "").await.status, 200);
    lock.rollback().await.unwrap();
}

/// Of a tenant that does not exist.
fn stranger(server: &Server) -> Client {
    let key = ApiKey::generate(Environment::Sandbox);
    Client::new(server.address, &Uuid::new_v4().to_string(), key.reveal())
}

/// Sessions of the server that wait for a lock.
async fn waiting(server: &Server) -> i64 {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and application_name = 'azotte-customers'
                     and wait_event_type = 'Lock'";
    sqlx::query_scalar(waiting).fetch_one(&server.pool).await.unwrap()
}
