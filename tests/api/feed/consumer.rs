//! Somebody who keeps a copy of all customers: export, then the feed, while customers are stored, changed and erased.
//! In the end the copy is the table.
//!
//! The control takes the cursor after the customers instead of before, and misses what happened in between.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Duration};

use crate::support::{Client, Server, bodies::customer};

const WRITERS: u64 = 12;
const CUSTOMERS: u64 = 60;
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_the_table_in_the_end_and_would_not_be_without_the_cursor_first() {
    let server = Server::start().await;
    let mut missed = 0;
    for _ in 0..ROUNDS {
        let seed: u64 = rand::random();
        println!("seed {seed}");
        let stop = Arc::new(AtomicBool::new(false));
        let writers = write(&server.acme, seed, &stop);
        tokio::time::sleep(Duration::from_millis(500)).await;

        let mut copy = Copy::export(&server.acme).await;
        let mut control = Copy::export(&server.acme).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        control.go_on_from(&server.acme.events("after=latest&limit=0").await.cursor());
        for _ in 0..5 {
            copy.follow(&server.acme, 20).await;
            control.follow(&server.acme, 20).await;
        }
        stop.store(true, Ordering::Relaxed);
        writers.join_all().await;
        copy.follow(&server.acme, 1000).await;
        control.follow(&server.acme, 1000).await;

        let table = Copy::export(&server.acme).await;
        let living: i64 = sqlx::query_scalar("select count(*) from customers where erased_at is null")
            .fetch_one(&server.pool)
            .await
            .unwrap();
        assert_eq!(table.customers.len() as i64, living);
        assert_eq!(copy.customers, table.customers);
        missed += usize::from(control.customers != table.customers);
    }
    assert!(missed > 0, "the control missed nothing: the stress is too weak");
}

/// Each writer has a few customers, which it stores, changes and erases again and again.
fn write(acme: &Client, seed: u64, stop: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (acme, stop) = (acme.clone(), stop.clone());
        let mut random = StdRng::seed_from_u64(seed ^ writer);
        writers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let id = format!("crm-{}", random.random_range(0..CUSTOMERS));
                let name = random.random_range(0..1_000_000).to_string();
                let change = json!({ "customer": { "externalIdentifier": id, "lastName": name } });
                let reply = match random.random_range(0..10) {
                    0..4 => acme.store(&customer(&id)).await,
                    4..9 => acme.update(&change).await,
                    _ => acme.delete(&json!({ "externalIdentifier": id })).await,
                };
                assert!([200, 404, 409].contains(&reply.status.as_u16()), "{}", reply.text());
            }
        });
    }
    writers
}

struct Copy {
    customers: BTreeMap<String, Value>,
    cursor: String,
    position: i64,
}

impl Copy {
    /// In several calls.
    async fn export(acme: &Client) -> Self {
        let mut copy = Self { customers: BTreeMap::new(), cursor: String::new(), position: 0 };
        let mut query = "limit=7".to_owned();
        loop {
            let lines = acme.export(&query).await.lines();
            let [first, customers @ .., last] = &lines[..] else { panic!("{lines:?}") };
            copy.go_on_from(first["cursor"].as_str().unwrap());
            for customer in customers {
                copy.customers.insert(text(&customer["customerUrn"]), customer.clone());
            }
            assert_eq!(last["summary"]["customers"], customers.len());
            match last["next"].as_str() {
                Some(next) => query = format!("limit=7&after={next}"),
                None => return copy,
            }
        }
    }

    fn go_on_from(&mut self, cursor: &str) {
        self.cursor = cursor.to_owned();
        self.position = cursor.rsplit_once('-').unwrap().1.parse().unwrap();
    }

    /// Until there is no more, at most so many pages.
    async fn follow(&mut self, acme: &Client, pages: usize) {
        for _ in 0..pages {
            let reply = acme.events(&format!("include=customer&limit=50&after={}", self.cursor)).await;
            let events = reply.events();
            for event in &events {
                self.apply(event);
            }
            self.cursor = reply.cursor();
            if reply.json()["result"]["hasMore"] == false {
                return;
            }
        }
    }

    fn apply(&mut self, event: &Value) {
        self.position += 1;
        assert_eq!(event["position"], self.position, "an event is missing");
        let urn = text(&event["customerUrn"]);
        if event["erased"] == true {
            self.customers.remove(&urn);
            return;
        }
        let known = self.customers.get(&urn).map_or(0, |customer| customer["version"].as_i64().unwrap());
        let version = event["customer"]["version"].as_i64().unwrap();
        assert!(version >= event["version"].as_i64().unwrap(), "the customer is older than its event");
        if version > known {
            self.customers.insert(urn, event["customer"].clone());
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
