//! Upserts that meet: one creates, the others go on with what it created, and the newest message stays.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{customer, customer_with, merged},
    eventually::eventually,
    held::waiting_for_a_lock,
    parallel::all_at_once,
    server::PATIENT,
};

const CROWD: i64 = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_crowd_of_upserts_one_creates_and_the_newest_stays() {
    let server = Server::start_with(&PATIENT).await;

    for (round, is_keyed) in [false, true, false].into_iter().enumerate() {
        let external_id = format!("crm-{round}");
        let replies = upsert_all(&server, &external_id, is_keyed).await;

        let mut outcomes = BTreeMap::<String, i64>::new();
        for reply in &replies {
            assert_eq!(reply.status, 200, "{}", reply.text());
            *outcomes.entry(reply.json()["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let of = |outcome: &str| outcomes.get(outcome).copied().unwrap_or_default();
        assert_eq!(of("created"), 1, "{outcomes:?}");
        assert_eq!(of("existing"), 0, "{outcomes:?}");
        let mut written: Vec<_> = replies
            .iter()
            .filter(|reply| ["created", "updated"].contains(&reply.json()["outcome"].as_str().unwrap()))
            .map(|reply| reply.json()["result"]["version"].as_i64().unwrap())
            .collect();
        written.sort_unstable();
        assert_eq!(written, (1..=1 + of("updated")).collect::<Vec<_>>(), "no hole, and none twice");
        let (record, events) = record(&server, &external_id).await;
        let newest = json!([1 + of("updated"), name(CROWD), format!("{external_id}@example.com"), CROWD]);
        assert_eq!((record, events), (newest, 1 + of("updated")));
    }
}

/// All carry the e-mail address, so that they claim an identity; the names repeat, so that some change nothing.
async fn upsert_all(server: &Server, external_id: &str, is_keyed: bool) -> Vec<Reply> {
    all_at_once((1..=CROWD).map(|version| {
        let words = json!({ "onConflict": "replace", "sourceVersion": version });
        let properties = json!({ "firstName": name(version), "email": format!("{external_id}@example.com") });
        let body = merged(customer_with(external_id, properties), words);
        let client = match is_keyed {
            true => server.acme.with("idempotency-key", &format!("{external_id}-{version}")),
            false => server.acme.clone(),
        };
        async move { client.store(&body).await }
    }))
    .await
}

fn name(version: i64) -> String {
    format!("n{}", version % 3)
}

async fn record(server: &Server, external_id: &str) -> (Value, i64) {
    let look = "select jsonb_build_array(version, first_name, email, source_version),
            (select count(*) from customer_events where customer_number = number)
        from customers where external_id = $1";
    sqlx::query_as(look).bind(external_id).fetch_one(&server.pool).await.unwrap()
}

/// A newer message that changes nothing leaves `version` as it is, so that alone does not tell of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_that_comes_between_read_and_write_is_seen() {
    let server = Server::start_with(&PATIENT).await;
    server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 1 }))).await;
    let mut newer = server.pool.begin().await.unwrap();
    sqlx::query("update customers set source_version = 3").execute(&mut *newer).await.unwrap();

    let acme = server.acme.clone();
    let body =
        json!({ "customer": { "externalIdentifier": "crm-1", "firstName": "Late" }, "sourceVersion": 2 });
    let late = tokio::spawn(async move { acme.update(&body).await });
    eventually("the late message waits for the row", async || waiting_for_a_lock(&server).await > 0).await;
    newer.commit().await.unwrap();

    let late = late.await.unwrap().json();
    assert_eq!((&late["outcome"], &late["result"]["firstName"]), (&json!("stale"), &Value::Null));
}

/// Whoever finds the customer gone creates it; whoever finds it there goes on with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upserts_beside_erasures_never_fail() {
    let server = Server::start_with(&PATIENT).await;

    let replies = all_at_once((0..CROWD).map(|n| {
        let acme = server.acme.clone();
        let body = merged(
            customer("crm-1"),
            json!({ "onConflict": "update", "customer": { "firstName": n.to_string() } }),
        );
        async move {
            match n % 4 {
                0 => acme.delete(&json!({ "externalIdentifier": "crm-1" })).await,
                1 => acme.with("idempotency-key", &n.to_string()).store(&body).await,
                _ => acme.store(&body).await,
            }
        }
    }))
    .await;

    let unexpected: Vec<_> =
        replies.iter().filter(|reply| ![200, 404].contains(&reply.status.as_u16())).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let upserts: Vec<_> = replies.iter().filter(|reply| !reply.json()["outcome"].is_null()).collect();
    assert_eq!(upserts.len(), replies.len() * 3 / 4, "every upsert is answered");
}
