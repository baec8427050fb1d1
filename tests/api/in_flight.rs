//! Slots of requests in flight: whoever fills the server fills no more than a share of it.

use azotte_customers::domain::{api_key::ApiKey, environment::Environment};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    Client, Server,
    eventually::eventually,
    held::{Held, waiting_for_a_lock},
};

/// Eight slots, connections for all of them, and time.
const EIGHT: [&str; 8] = [
    "--max-in-flight",
    "8",
    "--db-connections",
    "16",
    "--db-lock-timeout-ms",
    "60000",
    "--db-statement-timeout-ms",
    "60000",
];

#[tokio::test]
async fn a_tenant_that_floods_the_server_keeps_nobody_else_from_it() {
    let server = Server::start_with(&EIGHT).await;
    let globex = server.tenant("globex").await;
    let flood = Held::with_waiting(&server, 20, 4).await;

    for _ in 0..20 {
        assert_eq!(globex.client.validate("crm-1").await.status, 200);
    }

    assert_eq!(server.acme.validate("crm-1").await.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    let statuses = flood.release().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 4, "half of eight");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 16);
}

/// The control: as many requests as there are slots do fill the server, where no tenant has more than its share.
#[tokio::test]
async fn many_tenants_fill_the_server_for_everybody() {
    let server = Server::start_with(&EIGHT).await;
    let mut tenants = Vec::new();
    for n in 0..9 {
        tenants.push(server.tenant(&format!("tenant-{n}")).await.client);
    }
    let calm = tenants.pop().unwrap();
    assert_eq!(calm.validate("crm-1").await.status, 200);

    let held = Held::by(&server, &tenants.iter().collect::<Vec<_>>(), 8).await;

    assert_eq!(calm.validate("crm-1").await.status, 503);
    assert_eq!(held.release().await, [200; 8]);
    eventually("there is room again", async || calm.validate("crm-1").await.status == 200).await;
}

/// The checksum of keys is public: anybody can make one that has to be looked up.
#[tokio::test]
async fn strangers_whose_keys_are_looked_up_keep_nobody_else_from_the_server() {
    let server = Server::start_listening(&EIGHT).await;
    assert_eq!(server.acme.validate("crm-1").await.status, 200, "the key is remembered from here on");
    let mut session = PgConnection::connect(&server.database_url).await.unwrap();
    let hold = "begin; lock table api_keys in access exclusive mode";
    sqlx::raw_sql(hold).execute(&mut session).await.unwrap();
    let mut strangers = JoinSet::new();
    for _ in 0..20 {
        let key = ApiKey::generate(Environment::Sandbox);
        let stranger = Client::new(server.address, &Uuid::new_v4().to_string(), key.reveal());
        strangers.spawn(async move { stranger.validate("crm-1").await.status.as_u16() });
    }
    eventually("their look-ups wait", async || waiting_for_a_lock(&server).await == 2).await;

    for _ in 0..20 {
        assert_eq!(server.acme.validate("crm-1").await.status, 200);
    }

    sqlx::raw_sql("rollback").execute(&mut session).await.unwrap();
    let statuses = strangers.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 16, "{statuses:?}");
}
