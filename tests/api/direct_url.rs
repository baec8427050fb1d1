//! A way to the database of its own, past the pooler, for what needs one.

use azotte_customers::postgres::pooler::{self, Unsuitable};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::support::{
    Server, database,
    eventually::eventually,
    proxy::{Fault, Proxy},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_listens_and_what_ends_calls_goes_past_the_pooler() {
    let database_url = database::create().await;
    let pooler = Proxy::before(&database_url).await;
    let _server = Server::start_on(pooler.url(), &["--database-direct-url", &database_url]).await;
    let mut operator = PgConnection::connect(&database_url).await.unwrap();

    pooler.set(Fault::Reset);

    eventually("only these are left", async || {
        sessions(&mut operator).await == ["azotte-customers listener", "azotte-customers reaper"]
    })
    .await;
}

#[tokio::test]
async fn a_direct_way_that_leads_elsewhere_is_refused() {
    let here = database::create().await;
    let options: PgConnectOptions = here.parse().unwrap();
    let mut connection = PgConnection::connect(&here).await.unwrap();
    pooler::check(&mut connection, &options, &options).await.unwrap();
    let mut operator = PgConnection::connect(&here).await.unwrap();
    let role = format!("elsewhere_{}", std::process::id());
    database::execute(&mut operator, &format!("create role {role} login password 'secret'")).await;
    let (_, rest) = here.rsplit_once('@').unwrap();
    let another_user = format!("postgres://{role}:secret@{rest}").parse().unwrap();

    let checked = pooler::check(&mut connection, &options, &another_user).await;

    assert!(matches!(checked, Err(Unsuitable::Elsewhere)), "{checked:?}");
    database::execute(&mut operator, &format!("drop role {role}")).await;
}

/// Of the server.
async fn sessions(operator: &mut PgConnection) -> Vec<String> {
    let names = "select application_name from pg_stat_activity
                 where datname = current_database() and application_name like 'azotte-customers%'
                 order by application_name";
    sqlx::query_scalar(names).fetch_all(operator).await.unwrap()
}
