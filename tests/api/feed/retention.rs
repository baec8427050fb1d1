//! Events that are kept for a time: the oldest go first, and the feed says from where on it is kept.

use azotte_customers::{
    domain::customer_urn::Cell,
    postgres::{customers::PgCustomers, feed::PgFeed},
    service::{feed::FeedService, news::NewsBoard},
};
use serde_json::json;

use crate::support::{Server, bodies::customer};

const KEPT_DAYS: i32 = 30;

#[tokio::test]
async fn old_events_leave_the_feed_and_erasures_stay_behind() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;
    server.acme.store(&customer("crm-2")).await;
    server.acme.store(&customer("crm-3")).await;
    let cursors: Vec<_> = positions(&server).await;
    age(&server, 3, 40).await;

    sweep(&server).await;

    assert_eq!(kinds(&server).await, ["2 erased", "4 stored"]);
    let gone = server.acme.events(&format!("after={}", cursors[1])).await;
    assert_eq!(gone.outcome(), (410, "CURSOR_EXPIRED".to_owned()));
    for after in ["oldest", &cursors[2]] {
        let reply = server.acme.events(&format!("after={after}")).await;
        assert_eq!(reply.events().len(), 1, "{after}");
        assert_eq!(reply.events()[0]["position"], 4);
    }
}

#[tokio::test]
async fn nothing_is_removed_behind_an_event_that_is_to_be_kept() {
    let server = Server::start().await;
    for n in 1..=3 {
        server.acme.store(&customer(&format!("crm-{n}"))).await;
    }
    positions(&server).await;
    // Its clock ran ahead: the second one is younger than the third.
    age(&server, 3, 40).await;
    age_one(&server, 2, -40).await;

    sweep(&server).await;

    assert_eq!(kinds(&server).await, ["2 stored", "3 stored"]);
}

#[tokio::test]
async fn an_erasure_is_removed_after_thirteen_months() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;
    positions(&server).await;
    age(&server, 2, 100).await;
    sweep(&server).await;
    assert_eq!(kinds(&server).await, ["2 erased"]);

    age(&server, 2, 300).await;
    sweep(&server).await;

    assert_eq!(kinds(&server).await, Vec::<String>::new());
    assert_eq!(server.acme.events("").await.events().len(), 0);
}

#[tokio::test]
async fn an_event_without_a_position_is_never_removed() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    sqlx::query("update customer_events set occurred_at = occurred_at - interval '5 years'")
        .execute(&server.pool)
        .await
        .unwrap();

    sweep(&server).await;

    assert_eq!(server.acme.events("").await.events().len(), 1);
}

async fn sweep(server: &Server) {
    let pool = server.connections.clone();
    let customers = PgCustomers::new(pool.clone(), Cell::default(), || 1);
    PgFeed::new(pool, &customers, NewsBoard::default()).sweep(KEPT_DAYS).await.unwrap();
}

/// Places all events, and returns the cursor behind each.
async fn positions(server: &Server) -> Vec<String> {
    let reply = server.acme.events("").await;
    let head = reply.cursor();
    let (feed, _) = head.rsplit_once('-').unwrap();
    (1..=reply.events().len()).map(|position| format!("{feed}-{position}")).collect()
}

/// The first so many events, by so many days.
async fn age(server: &Server, up_to: i64, days: i32) {
    for position in 1..=up_to {
        age_one(server, position, days).await;
    }
}

async fn age_one(server: &Server, position: i64, days: i32) {
    sqlx::query("update customer_events set occurred_at = occurred_at - make_interval(days => $2) where position = $1")
        .bind(position)
        .bind(days)
        .execute(&server.pool)
        .await
        .unwrap();
}

/// Position and kind of what is there.
async fn kinds(server: &Server) -> Vec<String> {
    sqlx::query_scalar("select position || ' ' || kind from customer_events order by position")
        .fetch_all(&server.pool)
        .await
        .unwrap()
}
