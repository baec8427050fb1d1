//! Waiting for events: told at once by the server that commits, soon by another, and without holding anything.

use std::{sync::Arc, time::Duration};

use azotte_customers::{
    domain::{
        country::CountryCode,
        customer::Profile,
        customer_urn::Cell,
        external_id::ExternalId,
        language::LanguageCode,
        region::ClaimedRegion,
        upsert::{Guard, IfTaken},
    },
    http::{limits::in_flight::InFlightLimit, long_poll::Readers},
    postgres::{customers::PgCustomers, feed::PgFeed},
    sandbox::seed,
    service::{
        customers::CustomersService,
        feed::{EventsQuery, Start},
        news::NewsBoard,
    },
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Client, Reply, Server, bodies::customer, caller::caller, database, eventually::eventually,
    parallel::all_at_once,
};

/// Far longer than anything here takes: who is not told fails the test.
const LONG: &str = "wait=30";

/// Nobody looks at the database here, so only the commit itself can tell.
#[tokio::test]
async fn a_commit_of_the_same_server_is_told_at_once() {
    let server = Server::start().await;
    let news = NewsBoard::default();
    let pool = server.connections.clone();
    let customers = PgCustomers::announcing(news.clone(), pool.clone(), Cell::default(), || 7);
    let feed = Arc::new(PgFeed::new(pool, &customers, news.clone()));
    let readers = Readers::new(4, CancellationToken::new());
    let acme = caller(seed::TENANT_ID);
    let slot = InFlightLimit::new(1).enter().await.unwrap();
    let query = EventsQuery { start: Start::Oldest, limit: 10, with_customers: false };

    let read = async { readers.read(&*feed, &acme, &slot, query, Duration::from_secs(30)).await.unwrap() };
    let write = async {
        eventually("somebody waits", async || !news.tenants().is_empty()).await;
        customers.store(&acme, profile("crm-1"), Guard::default(), IfTaken::Fail).await.unwrap();
    };
    let (page, ()) = tokio::join!(read, write);

    assert_eq!(page.events.len(), 1);
}

/// Its transaction is committed after the write.
#[tokio::test]
async fn who_waits_is_told_of_a_write_under_an_idempotency_key() {
    let server = Server::start().await;
    let keyed = server.acme.with("idempotency-key", "one");

    let read = waits(server.acme.clone(), "latest".to_owned());
    let (read, ()) = tokio::join!(read, stores_after_a_while(&keyed));

    assert_eq!(read.events().len(), 1);
}

#[tokio::test]
async fn who_waits_is_told_of_what_another_server_wrote() {
    let url = database::create().await;
    let (one, other) = (Server::start_on(url.clone(), &[]).await, Server::start_on(url, &[]).await);

    let read = waits(one.acme.clone(), "oldest".to_owned());
    let (read, ()) = tokio::join!(read, stores_after_a_while(&other.acme));

    assert_eq!(read.events().len(), 1);
}

#[tokio::test]
async fn several_who_wait_are_all_told() {
    let server = Server::start().await;
    let cursor = server.acme.events("after=latest").await.cursor();

    let reads = all_at_once((0..8).map(|_| waits(server.acme.clone(), cursor.clone())));
    let (reads, ()) = tokio::join!(reads, stores_after_a_while(&server.acme));

    assert!(reads.iter().all(|read| read.events().len() == 1));
}

#[tokio::test]
async fn who_waits_holds_no_connection_and_no_slot() {
    let server = Server::start_with(&["--db-connections", "1", "--max-in-flight", "1"]).await;
    let acme = server.acme.clone();
    let waiting = tokio::spawn(async move { acme.events(LONG).await });
    // The only slot is its own until it waits.
    tokio::time::sleep(Duration::from_millis(300)).await;

    eventually("others are answered", async || {
        !waiting.is_finished() && server.acme.validate("crm-1").await.status == 200
    })
    .await;

    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn where_too_many_wait_nobody_waits_longer() {
    let server = Server::start_with(&["--events-waiting-readers", "0"]).await;

    let reply = tokio::time::timeout(Duration::from_secs(15), server.acme.events(LONG)).await;

    assert_eq!(reply.expect("an answer without waiting").json()["result"]["events"], json!([]));
}

#[tokio::test]
async fn the_time_is_up_with_an_empty_page_and_the_same_cursor() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let cursor = server.acme.events("").await.cursor();

    let reply = server.acme.events(&format!("wait=1&after={cursor}")).await;

    assert_eq!((reply.events().len(), reply.cursor()), (0, cursor));
}

/// As long as the time for running requests, or the connection would be closed.
#[tokio::test]
async fn a_server_that_stops_answers_who_waits() {
    let server = Server::start_with(&["--shutdown-timeout-s", "10"]).await;
    let acme = server.acme.clone();
    let waiting = tokio::spawn(async move { acme.events(LONG).await });
    tokio::time::sleep(Duration::from_millis(300)).await;

    server.stop().await;

    assert_eq!(waiting.await.unwrap().events().len(), 0);
}

fn profile(external_id: &str) -> Profile {
    let (country, language) = (CountryCode::parse("DE").unwrap(), LanguageCode::parse("de").unwrap());
    Profile::new(ExternalId::parse(external_id).unwrap(), ClaimedRegion { country, language })
}

async fn waits(client: Client, after: String) -> Reply {
    client.events(&format!("{LONG}&after={after}")).await
}

/// So that in most runs the other one waits by then. In all of them it must be told.
async fn stores_after_a_while(client: &Client) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(client.store(&customer("crm-1")).await.status, 200);
}
