//! Partners who want the same thing at the same time.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Client, Reply, Server, bodies,
    parallel::{all_at_once, count},
    partners::{INSTANCE, RESELLER, customer, customer_with, rows},
    server::PATIENT,
};

const CROWD: usize = 30;

async fn patient() -> Server {
    let server = Server::start_with(&PATIENT).await;
    server.add_partners(seed::TENANT_ID.0).await;
    server
}

async fn create_all(csp: &Client, body: impl Fn(usize) -> Value) -> Vec<Reply> {
    all_at_once((0..CROWD).map(|n| {
        let (csp, body) = (csp.clone(), body(n));
        async move { csp.create(&body).await }
    }))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_that_create_the_same_customer_one_creates_it() {
    let server = patient().await;
    let relations = json!({
        "id": Uuid::new_v4(),
        "phone": "+351 921 231 231",
        "resellerId": RESELLER,
        "providerCustomers": { INSTANCE.to_string(): { "providerCustomerData": "{}" } },
        "customerAssociations": [{ "resellerId": RESELLER }],
    });
    let body = customer_with("ana", relations);

    let replies = create_all(&server.csp(), |_| body.clone()).await;

    assert_eq!((count(&replies, 201), count(&replies, 200)), (1, CROWD - 1));
    assert!(replies.iter().all(|reply| reply.json() == body["id"]));
    assert_eq!(rows(&server.pool).await, [1, 1, 1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_that_want_one_address_one_gets_it() {
    let server = patient().await;
    let body = |n: usize| {
        let provider = json!({ INSTANCE.to_string(): {} });
        customer_with(&format!("c{n}"), json!({ "email": "ana@example.com", "providerCustomers": provider }))
    };

    let replies = create_all(&server.csp(), body).await;

    assert_eq!((count(&replies, 201), count(&replies, 409)), (1, CROWD - 1));
    for loser in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(loser.properties(), ["email"]);
    }
    assert_eq!(rows(&server.pool).await, [1, 1, 1, 0, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_surfaces_race_for_one_identity() {
    let server = patient().await;
    let id = Uuid::new_v4();
    let (csp, acme) = (server.csp(), server.acme.clone());

    let replies = all_at_once((0..CROWD).map(|n| {
        let (csp, acme) = (csp.clone(), acme.clone());
        let stored = bodies::customer(&id.to_string());
        let created = customer_with(&format!("c{n}"), json!({ "id": id }));
        async move { if n % 2 == 0 { acme.store(&stored).await } else { csp.create(&created).await } }
    }))
    .await;

    let won = count(&replies, 200) + count(&replies, 201);
    assert_eq!((won, count(&replies, 409)), (1, CROWD - 1));
    assert_eq!(server.counts().await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_that_erase_one_customer_all_are_content_and_one_does_it() {
    let server = patient().await;
    let id = server.csp().created(&customer("ana")).await;
    let csp = server.csp();

    let replies = all_at_once((0..CROWD).map(|_| {
        let csp = csp.clone();
        async move { csp.erase(id).await }
    }))
    .await;

    assert!(count(&replies, 202) >= 1);
    assert_eq!(count(&replies, 202) + count(&replies, 404), CROWD);
    assert_eq!(rows(&server.pool).await, [1, 2, 1, 0, 0], "one event of creation, one of erasure");
}
