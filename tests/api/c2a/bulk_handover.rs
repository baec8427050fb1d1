//! E-mail addresses and phone numbers of a batch are judged as they are at its end.

use std::pin::Pin;

use serde_json::{Value, json};

use super::bulk::{delete, outcomes, store, update, upsert};
use crate::support::{
    Reply, Server,
    bodies::{customer_with, merged},
    logged_database::LoggedDatabase,
    parallel::all_at_once,
    server::PATIENT,
};

const PHONES: [&str; 3] = ["+491701234560", "+491701234561", "+491701234562"];

fn address(name: &str) -> Value {
    json!({ "email": format!("{name}@example.com") })
}

async fn with_customers(names: &[&str]) -> Server {
    let server = Server::start().await;
    for (n, name) in names.iter().enumerate() {
        let mut properties = address(name);
        properties["phoneNumber"] = json!(PHONES[n]);
        assert_eq!(server.acme.store(&customer_with(name, properties)).await.status, 200);
    }
    server
}

/// What a customer has, and its version.
async fn now(server: &Server, external_id: &str) -> (Option<String>, Option<String>, i64) {
    let look = "select email, phone_number, version from customers where external_id = $1";
    sqlx::query_as(look).bind(external_id).fetch_one(&server.pool).await.unwrap()
}

async fn events_of(server: &Server, external_id: &str) -> Vec<(i64, Option<Vec<String>>)> {
    let look = "select e.version, changed_fields from customer_events e
        join customers c on c.tenant_id = e.tenant_id and c.number = e.customer_number
        where external_id = $1 order by e.version";
    sqlx::query_as(look).bind(external_id).fetch_all(&server.pool).await.unwrap()
}

fn codes(reply: &Reply) -> Vec<String> {
    outcomes(reply).into_iter().map(|(_, code)| code).collect()
}

fn email(name: &str) -> Option<String> {
    Some(format!("{name}@example.com"))
}

#[tokio::test]
async fn two_swap_their_addresses_each_in_one_version() {
    let server = with_customers(&["a", "b"]).await;

    let reply = server.acme.bulk(&[update("a", address("b")), update("b", address("a"))]).await;

    assert_eq!(codes(&reply), ["SUCCESS"; 2]);
    assert_eq!(now(&server, "a").await, (email("b"), Some(PHONES[0].to_owned()), 2));
    assert_eq!(now(&server, "b").await, (email("a"), Some(PHONES[1].to_owned()), 2));
    assert_eq!(events_of(&server, "a").await[1], (2, Some(vec!["email".to_owned()])));
    assert_eq!(server.counts().await, (2, 4));
    // The control: as single calls, neither could go first.
    let back = json!({ "customer": { "externalIdentifier": "a", "email": "a@example.com" } });
    assert_eq!(server.acme.update(&back).await.outcome(), (409, "USER_WITH_SAME_EMAIL_EXISTS".to_owned()));
}

#[tokio::test]
async fn a_chain_of_three_hands_on_both_and_the_last_goes_to_who_is_new() {
    let server = with_customers(&["a", "b", "c"]).await;
    let with_phone =
        |name: &str, phone: &str| json!({ "email": format!("{name}@example.com"), "phoneNumber": phone });

    let reply = server
        .acme
        .bulk(&[
            store("new", with_phone("a", PHONES[0])),
            update("a", with_phone("b", PHONES[1])),
            upsert("b", with_phone("c", PHONES[2])),
            update("c", json!({ "email": null, "phoneNumber": "+491701234569" })),
        ])
        .await;

    assert_eq!(codes(&reply), ["SUCCESS"; 4]);
    for (name, has, phone) in [("new", "a", PHONES[0]), ("a", "b", PHONES[1]), ("b", "c", PHONES[2])] {
        let (now_email, now_phone, _) = now(&server, name).await;
        assert_eq!((now_email, now_phone.as_deref()), (email(has), Some(phone)), "{name}");
    }
    assert_eq!(server.counts().await, (4, 7), "a version and an event each");
}

#[tokio::test]
async fn a_ring_of_three_and_one_who_is_erased() {
    let server = with_customers(&["a", "b", "c"]).await;
    let ring = [update("a", address("b")), update("b", address("c")), update("c", address("a"))];
    assert_eq!(codes(&server.acme.bulk(&ring).await), ["SUCCESS"; 3]);

    // Whoever is erased in the batch has nothing at its end, wherever the line stands.
    let reply = server.acme.bulk(&[store("new", address("b")), delete("a")]).await;

    assert_eq!(codes(&reply), ["SUCCESS"; 2]);
    assert_eq!(now(&server, "new").await.0, email("b"));
}

#[tokio::test]
async fn who_still_collides_at_the_end_fails_alone_and_the_holder_is_named() {
    let server = with_customers(&["a", "b", "c"]).await;
    let holder = server.acme.info("exId=c").await.urn();

    let reply = server
        .acme
        .bulk(&[
            update("a", address("c")),
            update("b", address("free")),
            store("new", address("b")),
            store("late", address("free")),
        ])
        .await;

    assert_eq!(
        codes(&reply),
        ["USER_WITH_SAME_EMAIL_EXISTS", "SUCCESS", "SUCCESS", "USER_WITH_SAME_EMAIL_EXISTS"]
    );
    let holders = [0, 3].map(|line: usize| reply.lines()[line]["status"]["errors"][0]["customerUrn"].clone());
    assert_eq!(holders, [json!(holder), json!(server.acme.info("exId=b").await.urn())]);
    assert_eq!(now(&server, "a").await, (email("a"), Some(PHONES[0].to_owned()), 1));
    assert_eq!(now(&server, "new").await.0, email("b"));
}

/// Who fails hands nothing on, so those behind it fail, too.
#[tokio::test]
async fn a_chain_ends_at_who_cannot_move() {
    let server = with_customers(&["a", "b", "c"]).await;

    let reply = server
        .acme
        .bulk(&[store("new", address("a")), update("a", address("b")), update("b", address("c"))])
        .await;

    assert_eq!(codes(&reply), ["USER_WITH_SAME_EMAIL_EXISTS"; 3]);
    assert_eq!(server.counts().await, (3, 3), "nothing was written");
}

/// As far as it reaches: what is given up in a later batch is not free yet.
#[tokio::test]
async fn a_chain_across_batches_is_in_the_order_of_the_lines() {
    let server = with_customers(&["a", "b"]).await;
    let between = |n: usize| store(&format!("crm-{n}"), json!({}));
    let file = |first: Value, last: Value| {
        let mut lines = vec![first];
        lines.extend((1..500).map(between));
        lines.push(last);
        lines
    };
    let ends = |reply: &Reply| {
        let codes = codes(reply);
        [codes[0].clone(), codes[500].clone()]
    };

    let wrong = server.acme.bulk(&file(update("a", address("b")), update("b", address("x")))).await;
    assert_eq!(ends(&wrong), ["USER_WITH_SAME_EMAIL_EXISTS", "SUCCESS"]);
    let right = server.acme.bulk(&file(update("b", address("y")), update("a", address("x")))).await;
    assert_eq!(ends(&right), ["SUCCESS", "SUCCESS"]);
}

/// A second line of a customer begins a batch, too.
#[tokio::test]
async fn a_batch_ends_before_a_second_line_of_a_customer() {
    let server = with_customers(&["a", "b"]).await;
    let touch = || update("c", json!({}));

    let reply =
        server.acme.bulk(&[update("a", address("b")), touch(), touch(), update("b", address("a"))]).await;

    let taken = "USER_WITH_SAME_EMAIL_EXISTS";
    assert_eq!(codes(&reply), [taken, "CUSTOMER_NOT_FOUND", "CUSTOMER_NOT_FOUND", taken]);
}

/// The unique index is never run into.
#[tokio::test]
async fn nothing_of_it_is_in_the_log_of_postgresql() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &[]).await;
    let mark = database.mark;
    let has = |name: &str| json!({ "email": format!("{name}{mark}@example.com") });
    for name in ["a", "b", "c"] {
        server.acme.store(&customer_with(&format!("{name}-{mark}"), has(name))).await;
    }

    let id = |name: &str| format!("{name}-{mark}");
    let reply = server
        .acme
        .bulk(&[
            update(&id("a"), has("b")),
            update(&id("b"), has("a")),
            store(&id("c"), json!({})),
            store(&id("d"), has("c")),
            store(&id("e"), has("new")),
            store(&id("f"), has("new")),
        ])
        .await;

    assert_eq!(codes(&reply).iter().filter(|code| *code == "SUCCESS").count(), 3, "{}", reply.text());
    assert_eq!(database.lines_with(&mark.to_string()), Vec::<String>::new());
}

const CROWD: usize = 12;
const ROUNDS: usize = 8;

/// Nor of batches and calls that want the same at once: who looks is not overtaken before it writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_and_single_writers_who_meet_leave_no_value_in_the_log() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &PATIENT).await;
    let mark = database.mark;
    let id = |kind: &str, n: usize| format!("{kind}-{n}-{mark}");
    let known = ["one", "two", "single"]
        .map(|kind| (0..CROWD).map(|n| store(&id(kind, n), json!({}))).collect::<Vec<_>>());
    server.acme.bulk(&known.concat()).await;

    for round in 0..ROUNDS {
        let wants = |n: usize| json!({ "email": format!("{n}-{round}@{mark}.example") });
        let file = |kind: &str| (0..CROWD).map(|n| update(&id(kind, n), wants(n))).collect::<Vec<_>>();
        let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for lines in [file("one"), file("two")] {
            let acme = server.acme.clone();
            tasks.push(Box::pin(async move { assert_eq!(acme.bulk(&lines).await.status, 200) }));
        }
        for n in 0..CROWD {
            let acme = server.acme.clone();
            let change =
                json!({ "customer": merged(json!({ "externalIdentifier": id("single", n) }), wants(n)) });
            let new = customer_with(&id("new", round * CROWD + n), wants(n));
            tasks.push(Box::pin(async move {
                let reply = if n % 2 == 0 { acme.update(&change).await } else { acme.store(&new).await };
                assert!([200, 409].contains(&reply.status.as_u16()), "{}", reply.text());
            }));
        }
        all_at_once(tasks).await;
    }

    assert_eq!(database.lines_with(&mark.to_string()), Vec::<String>::new());
}
