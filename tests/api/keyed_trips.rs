//! Requests with an `Idempotency-Key` that share a trip to the database: each is done once, and its reply is kept with it.

use std::collections::HashMap;

use serde_json::json;

use crate::{
    batching::{MANY, Scene, spawn},
    idempotency::assert_replayed,
    support::{
        Reply,
        bodies::{change, customer, customer_with},
        eventually::eventually,
        parallel::count,
        proxy::Fault,
    },
};

/// Customers whose reply is kept, and all.
const KEPT_AND_ALL: &str = "
    select (select count(*) from idempotency_records) * 1000000 + (select count(*) from customers)";

#[tokio::test]
async fn stores_with_keys_are_one_statement_and_each_reply_is_kept_with_its_customer() {
    let scene = Scene::start().await;
    let store = |n: usize| {
        let acme = scene.server.acme.with("idempotency-key", &format!("key-{n}"));
        async move { acme.store(&customer(&format!("crm-{n}"))).await }
    };

    let first = scene.together((0..MANY).map(store)).await;
    let again = scene.together((0..MANY).map(store)).await;

    assert_eq!(count(&first, 200), MANY);
    assert!(scene.largest_trip("version = 1").await > MANY / 2, "they did not travel together");
    for (first, again) in first.iter().zip(&again) {
        assert_replayed(first, again);
    }
    assert_eq!(scene.server.counts().await, (MANY as i64, MANY as i64));
}

#[tokio::test]
async fn of_one_key_many_times_in_one_trip_one_is_done() {
    let scene = Scene::start().await;
    let acme = scene.server.acme.with("idempotency-key", "the-same");
    let store = |_| {
        let acme = acme.clone();
        async move { acme.store(&customer("crm-1")).await }
    };

    let replies = scene.together((0..MANY).map(store)).await;

    let done = replies.iter().find(|reply| reply.status == 200).expect("one is done");
    for reply in &replies {
        match reply.status.as_u16() {
            200 => assert_eq!(reply.text(), done.text()),
            _ => assert_eq!(reply.outcome(), (409, "IDEMPOTENCY_IN_PROGRESS".to_owned())),
        }
    }
    assert_eq!(scene.server.counts().await, (1, 1));
}

#[tokio::test]
async fn of_one_key_with_two_contents_in_one_trip_one_is_done() {
    let scene = Scene::start().await;
    let acme = scene.server.acme.with("idempotency-key", "the-same");
    let store = |n: usize| {
        let acme = acme.clone();
        async move { acme.store(&customer(&format!("crm-{n}"))).await }
    };

    let replies = scene.together((0..MANY).map(store)).await;

    assert_eq!(count(&replies, 200), 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert!([409, 422].contains(&reply.status.as_u16()), "{}", reply.text());
    }
    assert_eq!(scene.server.counts().await, (1, 1));
}

#[tokio::test]
async fn a_conflict_in_a_trip_is_kept_as_well() {
    let scene = Scene::start().await;
    let same = json!({ "email": "jane@example.com" });
    let store = |n: usize| {
        let acme = scene.server.acme.with("idempotency-key", &format!("key-{n}"));
        let body = customer_with(&format!("crm-{n}"), same.clone());
        async move { acme.store(&body).await }
    };

    let first = scene.together((0..MANY).map(store)).await;
    let again = scene.together((0..MANY).map(store)).await;

    assert_eq!((count(&first, 200), count(&first, 409)), (1, MANY - 1));
    for (first, again) in first.iter().zip(&again) {
        assert_replayed(first, again);
    }
}

#[tokio::test]
async fn updates_with_keys_of_one_customer_in_one_trip_are_all_written_once() {
    let scene = Scene::start().await;
    let urn = scene.server.acme.store(&customer("crm-1")).await.urn();
    let update = |field: &'static str| {
        let acme = scene.server.acme.with("idempotency-key", field);
        let body = change(&urn, json!({ field: field }));
        async move { acme.update(&body).await }
    };
    let fields = ["firstName", "lastName", "salutation"];

    let first = scene.together(fields.map(update)).await;
    let again = scene.together(fields.map(update)).await;

    assert_eq!(count(&first, 200), fields.len(), "{first:?}");
    for (first, again) in first.iter().zip(&again) {
        assert_replayed(first, again);
    }
    let stored = scene.server.acme.info(&format!("urn={urn}")).await.json();
    assert_eq!(stored["result"]["version"], 1 + fields.len());
}

#[tokio::test]
async fn no_customer_is_there_without_its_reply_whoever_hangs_up() {
    let scene = Scene::start().await;
    for round in 0..10 {
        scene.proxy.set(Fault::Freeze);
        let asked = spawn((0..MANY).map(|n| {
            let acme = scene.server.acme.with("idempotency-key", &format!("key-{round}-{n}"));
            async move { acme.store(&customer(&format!("crm-{round}-{n}"))).await.status }
        }));
        scene.wait_for_questions().await;
        scene.proxy.set(Fault::None);
        // At any moment of the trip.
        tokio::time::sleep(std::time::Duration::from_millis(round)).await;
        for (n, asker) in asked.into_iter().enumerate() {
            match n % 2 {
                0 => asker.abort(),
                _ => assert_eq!(asker.await.unwrap(), 200),
            }
        }
    }

    eventually("all that is under way has ended", async || {
        let before = scene.count(KEPT_AND_ALL).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        before == scene.count(KEPT_AND_ALL).await
    })
    .await;
    let both = scene.count(KEPT_AND_ALL).await;
    assert_eq!(both / 1_000_000, both % 1_000_000, "customers and kept replies");
}

/// Erasing a customer takes the reply of a trip, as it takes any.
#[tokio::test]
async fn erasure_takes_the_replies_of_a_trip() {
    let scene = Scene::start().await;
    let acme = scene.server.acme.clone();
    let store = |n: usize| {
        let acme = acme.with("idempotency-key", &format!("key-{n}"));
        async move { acme.store(&customer(&format!("crm-{n}"))).await }
    };
    let stored = scene.together((0..8).map(store)).await;
    let urns: HashMap<usize, String> = stored.iter().map(Reply::urn).enumerate().collect();

    for urn in urns.values() {
        assert_eq!(acme.delete(&json!({ "customerUrn": urn })).await.status, 200);
    }

    let kept =
        "select count(*) from idempotency_records where num_nonnulls(salt, fingerprint, body, etag) > 0";
    assert_eq!(scene.count(kept).await, 0);
    assert_eq!(store(0).await.status, 404);
}
