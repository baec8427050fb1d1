//! Questions that share a trip to the database: each gets its own answer, as if it had been asked alone.
//!
//! The network to the database is frozen while questions are asked, so that they are sure to gather. Rows written by one
//! statement have the same `xmin`.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::task::JoinHandle;

use crate::support::{
    Reply, Server,
    bodies::{change, customer, customer_with},
    database,
    eventually::eventually,
    parallel::{all_at_once, count},
    proxy::{Fault, Proxy},
};

/// More than two trips take, which is what the lanes of one kind carry at first.
pub const MANY: usize = 40;
/// The questions of a test wait for as long as the network is frozen.
const PATIENCE: [&str; 2] = ["--db-acquire-timeout-ms", "60000"];

pub struct Scene {
    pub server: Server,
    pub proxy: Proxy,
    /// Past the proxy.
    pub database: PgPool,
}

#[tokio::test]
async fn stores_of_one_trip_are_one_statement_with_an_event_each() {
    let scene = Scene::start().await;

    let replies = scene
        .together((0..MANY).map(|n| {
            let acme = scene.server.acme.clone();
            async move { acme.store(&customer(&format!("crm-{n}"))).await }
        }))
        .await;

    assert_eq!(count(&replies, 200), MANY);
    assert!(scene.largest_trip("version = 1").await > MANY / 2, "they did not travel together");
    let urns: BTreeSet<_> = replies.iter().map(Reply::urn).collect();
    assert_eq!(urns.len(), MANY, "each got its own customer");
    let events: i64 = scene.count("select count(*) from customer_events where kind = 'stored'").await;
    assert_eq!(events, MANY as i64);
}

#[tokio::test]
async fn no_answer_reaches_another_question() {
    let scene = Scene::start().await;
    let other = scene.server.tenant("other").await.client;
    for n in 0..8 {
        for (tenant, client) in [("acme", &scene.server.acme), ("other", &other)] {
            let stored =
                client.store(&customer_with(&format!("crm-{n}"), json!({ "firstName": tenant }))).await;
            assert_eq!(stored.status, 200);
        }
    }
    let foreign = other.store(&customer("foreign")).await.urn();

    let outcomes = scene
        .together((0..MANY).map(|n| {
            let (tenant, client) = if n % 2 == 0 { ("acme", &scene.server.acme) } else { ("other", &other) };
            let (client, foreign) = (client.clone(), foreign.clone());
            async move {
                let id = format!("crm-{}", n % 8);
                let found = client.info(&format!("exId={id}")).await.json();
                let missing = client.info(&format!("exId=nobody-{n}")).await.status;
                let foreign = client.info(&format!("urn={foreign}")).await.status;
                let free = client.validate(&format!("free-{n}")).await.json()["isAvailable"].clone();
                let taken = client.validate(&id).await.json()["isAvailable"].clone();
                assert_eq!(found["result"]["externalIdentifier"], id);
                assert_eq!(found["result"]["firstName"], tenant);
                assert_eq!((missing, free, taken), (StatusCode::NOT_FOUND, json!(true), json!(false)));
                (tenant, foreign)
            }
        }))
        .await;

    for (tenant, foreign) in outcomes {
        assert_eq!(foreign, if tenant == "other" { 200 } else { 404 }, "{tenant}");
    }
}

#[tokio::test]
async fn of_stores_with_one_identity_in_one_trip_one_succeeds_and_the_others_name_it() {
    let scene = Scene::start().await;
    let same = json!({ "email": "jane@example.com" });

    let replies = scene
        .together((0..MANY).map(|n| {
            let (acme, body) = (scene.server.acme.clone(), customer_with(&format!("crm-{n}"), same.clone()));
            async move { acme.store(&body).await }
        }))
        .await;

    assert_eq!((count(&replies, 200), count(&replies, 409)), (1, MANY - 1));
    let winner = replies.iter().find(|reply| reply.status == 200).unwrap().urn();
    for reply in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(reply.outcome().1, "USER_WITH_SAME_EMAIL_EXISTS");
        assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"], winner);
    }
    assert_eq!(scene.server.counts().await, (1, 1));
}

#[tokio::test]
async fn updates_of_one_customer_in_one_trip_are_all_written() {
    let scene = Scene::start().await;
    let urn = scene.server.acme.store(&customer("crm-1")).await.urn();
    let fields = ["firstName", "lastName", "salutation"];

    let replies = scene
        .together(fields.map(|field| {
            let (acme, body) = (scene.server.acme.clone(), change(&urn, json!({ field: field })));
            async move { acme.update(&body).await }
        }))
        .await;

    assert_eq!(count(&replies, 200), fields.len(), "{replies:?}");
    let stored = scene.server.acme.info(&format!("urn={urn}")).await.json();
    for field in fields {
        assert_eq!(stored["result"][field], field);
    }
    assert_eq!(stored["result"]["version"], 1 + fields.len());
    let versions: Vec<i64> = sqlx::query_scalar("select version from customer_events order by version")
        .fetch_all(&scene.database)
        .await
        .unwrap();
    assert_eq!(versions, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_locked_row_holds_up_only_who_needs_it() {
    let scene = Scene::start().await;
    let locked = scene.server.acme.store(&customer("locked")).await.urn();
    let mut free = Vec::new();
    for n in 0..8 {
        free.push(scene.server.acme.store(&customer(&format!("free-{n}"))).await.urn());
    }
    let mut operator = PgConnection::connect(&scene.server.database_url).await.unwrap();
    let mut transaction = operator.begin().await.unwrap();
    sqlx::query("update customers set version = version where external_id = 'locked'")
        .execute(&mut *transaction)
        .await
        .unwrap();

    let update = |urn: &String| {
        let (acme, body) = (scene.server.acme.clone(), change(urn, json!({ "firstName": "Jane" })));
        async move { acme.update(&body).await }
    };
    let mut all: Vec<_> = free.iter().map(update).collect();
    all.push(update(&locked));
    let replies = scene.together(all).await;

    // The lock is still held.
    assert_eq!((count(&replies, 200), count(&replies, 503)), (8, 1));
    transaction.rollback().await.unwrap();
    assert_eq!(update(&locked).await.status, 200);
}

#[tokio::test]
async fn a_tenant_with_one_question_does_not_wait_behind_another_with_many() {
    let scene = Scene::start().await;
    let calm = scene.server.tenant("calm").await.client;
    assert_eq!(calm.store(&customer("warm")).await.status, 200);
    let busy = scene.server.acme.clone();

    scene.proxy.set(Fault::Freeze);
    let mut asked = spawn((0..200).map(|n| {
        let busy = busy.clone();
        async move { busy.store(&customer(&format!("busy-{n}"))).await }
    }));
    scene.wait_for_questions().await;
    asked.extend(spawn([async move { calm.store(&customer("calm")).await }]));
    scene.wait_for_questions().await;
    scene.proxy.set(Fault::None);
    for reply in asked {
        assert_eq!(reply.await.unwrap().status, 200);
    }

    let earlier: i64 = scene
        .count(
            "select count(distinct xmin::text) from customers
            where xmin::text::bigint < (select xmin::text::bigint from customers where external_id = 'calm')
              and external_id like 'busy-%'",
        )
        .await;
    assert!(earlier <= 2, "{earlier} trips went before it; two were under way when it was asked");
}

#[tokio::test]
async fn a_connection_cut_in_a_trip_costs_no_read_and_tells_no_writer_a_lie() {
    let scene = Scene::start().await;
    let acme = scene.server.acme.clone();
    assert_eq!(acme.store(&customer("crm-1")).await.status, 200);

    scene.proxy.set(Fault::Freeze);
    let reads = spawn((0..8).map(|_| {
        let acme = acme.clone();
        async move { acme.info("exId=crm-1").await }
    }));
    let writes = spawn((0..8).map(|n| {
        let acme = acme.clone();
        async move { acme.store(&customer(&format!("new-{n}"))).await }
    }));
    scene.wait_for_questions().await;
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and application_name = 'azotte-customers'";
    assert!(scene.count(cut).await >= 2);
    scene.proxy.set(Fault::None);

    for read in reads {
        assert_eq!(read.await.unwrap().status, 200);
    }
    let mut stored = 0;
    for write in writes {
        let reply = write.await.unwrap();
        assert!([200, 503].contains(&reply.status.as_u16()), "{}", reply.text());
        stored += i64::from(reply.status == 200);
    }
    let there = scene.count("select count(*) from customers where external_id like 'new-%'").await;
    assert!(there >= stored, "{stored} were told to be stored, {there} are");
    // A lane that was not in use finds out with its next trip.
    eventually("the lanes connect again", async || acme.store(&customer("after")).await.status == 200).await;
}

/// Whoever asks alone and whoever asks with others get the same bytes.
#[tokio::test]
async fn an_answer_does_not_tell_how_it_was_asked() {
    let scene = Scene::start().await;
    let acme = scene.server.acme.clone();
    let urn = acme.store(&customer_with("crm-1", every_kind_of_value())).await.urn();
    let keyed = |n: usize| acme.with("idempotency-key", &format!("key-{n}"));

    // A key takes the way of a transaction.
    let unchanged = change(&urn, json!({ "firstName": "Jane" }));
    let alone = keyed(0).update(&unchanged).await;
    let together = all_at_once((0..8).map(|_| {
        let (acme, body) = (acme.clone(), unchanged.clone());
        async move { acme.update(&body).await }
    }))
    .await;

    for reply in together {
        assert_eq!(reply.text(), alone.text());
    }
}

fn every_kind_of_value() -> Value {
    json!({
        "email": "Jané@Example.com",
        "phoneNumber": "+49 170 1234567",
        "salutation": "Ms.",
        "firstName": "Jane",
        "lastName": "O'Doe, \"x\" {y} \\ z",
        "gender": "female",
        "primaryBillingAddress": { "street": "a\nb", "countryCode": "DE", "z": [1.0, {"b": null, "a": 1}] },
        "corporationInfo": { "companyName": "NULL", "ref": 12345678901234567890_u64 },
        "privacy": { "b": 1.50, "a": [] },
    })
}

impl Scene {
    pub async fn start() -> Self {
        let database_url = database::create().await;
        let database = PgPool::connect_lazy(&database_url).unwrap();
        let proxy = Proxy::before(&database_url).await;
        let mut server = Server::start_on(proxy.url(), &PATIENCE).await;
        (server.database_url, server.pool) = (database_url, database.clone());
        // The lanes are connected, and the key is known.
        assert_eq!(server.acme.validate("warm").await.status, 200);
        assert_eq!(server.acme.store(&json!({})).await.status, 400);
        Self { server, proxy, database }
    }

    /// Asks all while nothing gets to the database, and then lets them go.
    pub async fn together<T, F>(&self, tasks: impl IntoIterator<Item = F>) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.proxy.set(Fault::Freeze);
        let asked = spawn(tasks);
        self.wait_for_questions().await;
        self.proxy.set(Fault::None);
        let mut answers = Vec::new();
        for answer in asked {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    /// Until all that was sent has arrived and waits. Nothing shows that from outside, and nothing fails if it is early.
    pub async fn wait_for_questions(&self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    /// How many customers one statement wrote.
    pub async fn largest_trip(&self, condition: &str) -> usize {
        let largest = format!(
            "select coalesce(max(rows), 0) from (
                select count(*) as rows from customers where {condition} group by xmin::text
            ) as trips"
        );
        usize::try_from(self.count(&largest).await).unwrap()
    }

    pub async fn count(&self, statement: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned())).fetch_one(&self.database).await.unwrap()
    }
}

pub fn spawn<T, F>(tasks: impl IntoIterator<Item = F>) -> Vec<JoinHandle<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    tasks.into_iter().map(tokio::spawn).collect()
}
