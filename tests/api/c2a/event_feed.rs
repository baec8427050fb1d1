//! The change feed: every event once, in one order, with a cursor that goes on or says that it cannot.

use azotte_customers::{domain::feed::FeedId, postgres::feed::renew::renew, sandbox::seed};
use serde_json::{Value, json};

use crate::support::{
    Client, Server,
    bodies::{change, customer, sample},
    canaries::Canaries,
    eventually::eventually,
    parallel::{all_at_once, count},
};

const CANARIES: Canaries = Canaries::new("feedcanary", "+4917188776651");

#[tokio::test]
async fn every_change_is_told_in_order_with_who_which_and_what() {
    let server = Server::start().await;
    let correlation_id = "0190a000-0000-7000-8000-000000000001";
    let urn = server.acme.with("x-correlation-id", correlation_id).store(&sample()).await.urn();
    server.acme.update(&change(&urn, json!({ "firstName": "Janet", "email": null }))).await;

    let reply = server.acme.events("").await;

    let events = reply.events();
    let kinds: Vec<_> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["customer.created", "customer.updated"]);
    let created = &events[0];
    assert!(created["eventId"].as_str().unwrap().starts_with("evt_"));
    assert_eq!(created["eventId"].as_str().unwrap().len(), 36);
    assert_eq!(created["eventGroup"], "CustomerInfoEvent");
    assert_eq!(created["customerUrn"], urn);
    assert_eq!(created["correlationId"], correlation_id);
    assert_eq!(created["actor"], "key:019307a0-0000-7000-8000-000000000001");
    assert!(created["occurredAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(created["changedFields"], json!([]));
    assert_eq!(events[1]["changedFields"], json!(["email", "firstName"]));
    for (n, event) in events.iter().enumerate() {
        assert_eq!((&event["position"], &event["version"]), (&json!(n + 1), &json!(n + 1)));
        assert!(event["erased"].is_null() && event["customer"].is_null());
    }
    assert!(reply.cursor().starts_with("f1-") && reply.cursor().ends_with("-2"));
    assert_eq!(
        (&reply.json()["result"]["hasMore"], &reply.json()["result"]["behind"]),
        (&json!(false), &json!(0))
    );
}

#[tokio::test]
async fn no_value_is_told_unless_the_customer_is_asked_for() {
    let server = Server::start().await;
    let urn = server.acme.store(&CANARIES.body()).await.urn();

    let thin = server.acme.events("").await.text();
    let full = server.acme.events("include=customer").await;

    assert!(!thin.to_lowercase().contains("feedcanary") && !thin.contains("4917188776651"), "{thin}");
    let info = server.acme.info(&format!("urn={urn}")).await.json();
    let mut shown = info["result"].clone();
    shown.as_object_mut().unwrap().remove("options");
    assert_eq!(full.events()[0]["customer"], shown);
}

#[tokio::test]
async fn the_customer_is_shown_as_it_is_now() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await;

    let events = server.acme.events("include=customer").await.events();

    for event in &events {
        assert_eq!(
            (&event["customer"]["version"], &event["customer"]["firstName"]),
            (&json!(2), &json!("Jane"))
        );
    }
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn every_event_of_an_erased_customer_says_so_and_shows_nothing() {
    let server = Server::start().await;
    let urn = server.acme.store(&CANARIES.body()).await.urn();
    let before = server.acme.events("include=customer").await;
    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let reply = server.acme.events("include=customer").await;

    assert!(before.events()[0]["erased"].is_null());
    let events = reply.events();
    assert_eq!(events[1]["eventType"], "customer.deleted");
    for event in &events {
        assert_eq!((&event["erased"], &event["customer"]), (&json!(true), &Value::Null));
    }
    assert!(!reply.text().to_lowercase().contains("feedcanary"), "{}", reply.text());
}

#[tokio::test]
async fn a_cursor_goes_on_where_its_page_ended() {
    let server = Server::start().await;
    for n in 0..5 {
        server.acme.store(&customer(&format!("crm-{n}"))).await;
    }

    let first = server.acme.events("limit=2").await;
    let second = server.acme.events(&format!("limit=2&after={}", first.cursor())).await;
    let third = server.acme.events(&format!("after={}", second.cursor())).await;
    let fourth = server.acme.events(&format!("after={}", third.cursor())).await;

    for (page, positions, has_more, behind) in [
        (&first, &[1, 2][..], true, 3),
        (&second, &[3, 4], true, 1),
        (&third, &[5], false, 0),
        (&fourth, &[], false, 0),
    ] {
        assert_eq!(self::positions(&page.events()), positions);
        let result = &page.json()["result"];
        assert_eq!((&result["hasMore"], &result["behind"]), (&json!(has_more), &json!(behind)));
    }
    assert_eq!(fourth.cursor(), third.cursor());
}

#[tokio::test]
async fn latest_begins_behind_everything_that_was_committed() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    let latest = server.acme.events("after=latest&limit=0").await;
    server.acme.store(&customer("crm-2")).await;
    let next = server.acme.events(&format!("after={}", latest.cursor())).await;

    assert_eq!(latest.events(), Vec::<Value>::new());
    assert_eq!(positions(&next.events()), [2]);
    assert_eq!(positions(&server.acme.events("after=oldest").await.events()), [1, 2]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_query_is_told_at_once() {
    let server = Server::start().await;

    let reply = server.acme.events("after=x&limit=1001&wait=31&include=options").await;

    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
    let expected = [
        ("after", "INVALID_CURSOR"),
        ("limit", "OUT_OF_RANGE"),
        ("wait", "OUT_OF_RANGE"),
        ("include", "NOT_IN_LIST"),
    ];
    assert_eq!(reply.errors(), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    for query in ["after=", "after=f1-0-0", "after=latest&after=oldest", "limit=-1", "wait=1.5"] {
        assert_eq!(server.acme.events(query).await.outcome().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_cursor_that_the_feed_does_not_go_on_from_is_gone() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let cursor = server.acme.events("").await.cursor();
    let other = server.tenant("other").await.client;

    assert_gone(&server.acme, &cursor.replace("-1", "-2")).await;
    assert_gone(&other, &cursor).await;
    assert_gone(&server.acme, &other.events("").await.cursor()).await;
    assert_eq!(server.acme.events(&format!("after={cursor}")).await.status, 200);

    renew(&server.pool, seed::TENANT_ID, FeedId::generate()).await.unwrap();
    assert_gone(&server.acme, &cursor).await;
    assert_eq!(positions(&server.acme.events("").await.events()), [1]);
}

async fn assert_gone(client: &Client, cursor: &str) {
    let reply = client.events(&format!("after={cursor}")).await;
    assert_eq!(reply.outcome(), (410, "CURSOR_EXPIRED".to_owned()), "{cursor}");
    assert_eq!(reply.errors(), [("after".to_owned(), "CURSOR_EXPIRED".to_owned())]);
}

#[tokio::test]
async fn each_tenant_has_a_feed_of_its_own() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    server.acme.store(&customer("crm-1")).await;
    let urn = other.store(&customer("crm-1")).await.urn();

    let events = other.events("include=customer").await.events();

    assert_eq!(positions(&events), [1]);
    assert_eq!(events[0]["customerUrn"], urn);
}

/// A tenant that an older program made while this one rolls out.
#[tokio::test]
async fn a_tenant_without_a_feed_gets_one() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    sqlx::query("delete from customer_feeds").execute(&server.pool).await.unwrap();

    let first = server.acme.events("").await;

    assert_eq!(positions(&first.events()), [1]);
    assert_eq!(server.acme.events("").await.cursor(), first.cursor());
}

#[tokio::test]
async fn a_database_that_takes_no_writes_shows_what_has_a_position() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    server.acme.events("").await;
    server.acme.store(&customer("crm-2")).await;
    let read_only = "do $$ begin
        execute format('alter database %I set default_transaction_read_only = on', current_database());
    end $$";
    sqlx::raw_sql(read_only).execute(&server.pool).await.unwrap();
    close_sessions(&server).await;

    assert_eq!(positions(&server.acme.events("").await.events()), [1]);
    assert_eq!(server.acme.store(&customer("crm-3")).await.status, 503);
}

/// A setting of the database holds for sessions that begin after it.
async fn close_sessions(server: &Server) {
    let close = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::query(close).execute(&server.pool).await.unwrap();
    // Not with the first request that finds its connection closed.
    let are_new = async || {
        let asked = (0..16).map(|_| {
            let acme = server.acme.clone();
            async move { acme.events("").await }
        });
        count(&all_at_once(asked).await, 200) == 16
    };
    eventually("all connections of the server are new", are_new).await;
}

fn positions(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["position"].as_i64().unwrap()).collect()
}
