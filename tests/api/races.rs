//! Requests that meet: of those that want the same thing one gets it, the others are told properly, and
//! nothing of what was acknowledged is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    Client, Reply, Server,
    customers::in_germany,
    parallel::{all_at_once, count},
    server::PATIENT,
};

const CROWD: usize = 50;

/// The body of the n-th to run.
type Entrant = fn(usize) -> Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_stores_of_one_identity_one_succeeds() {
    let server = Server::start_with(&PATIENT).await;
    let races: [(Entrant, &str); 4] = [
        (same_external_id, "CUSTOMER_ALREADY_STORED"),
        (same_email, "USER_WITH_SAME_EMAIL_EXISTS"),
        (same_phone_number, "USER_WITH_SAME_PHONE_NUMBER_EXISTS"),
        (same_everything, "CUSTOMER_ALREADY_STORED"),
    ];

    for (customer, code) in races {
        let before = server.counts().await;
        let replies = store_all(&server.acme, customer).await;

        assert_eq!(count(&replies, 200), 1, "{code}");
        let winner = replies.iter().find(|reply| reply.status == 200).unwrap().urn();
        for loser in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!(loser.outcome(), (409, code.to_owned()));
            let errors = loser.json()["status"]["errors"].as_array().unwrap().clone();
            assert!(errors.iter().all(|error| error["customerUrn"] == winner), "the winner is named");
        }
        let after = server.counts().await;
        assert_eq!(after, (before.0 + 1, before.1 + 1), "one row with one event: {code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_taken_identity_is_named_in_order() {
    let server = Server::start_with(&PATIENT).await;

    let replies = store_all(&server.acme, same_everything).await;

    let expected = [
        ("customer.externalIdentifier", "CUSTOMER_ALREADY_STORED"),
        ("customer.email", "USER_WITH_SAME_EMAIL_EXISTS"),
        ("customer.phoneNumber", "USER_WITH_SAME_PHONE_NUMBER_EXISTS"),
    ];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    for loser in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(loser.errors(), expected);
    }
}

/// The negative control: where nothing but the index decides, these races must be able to tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_unique_index_the_race_is_seen_to_fail() {
    let server = Server::start_with(&PATIENT).await;
    let drop = "drop index customers_tenant_id_email_key_key";
    sqlx::query(drop).execute(&server.pool).await.unwrap();

    let replies = store_all(&server.acme, same_email).await;

    assert!(count(&replies, 200) > 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_updates_of_one_customer_all_succeed_one_after_the_other() {
    let server = Server::start_with(&PATIENT).await;
    let urn = server.acme.store(&same_external_id(0)).await.urn();

    let replies = all_at_once((0..CROWD).map(|n| {
        let (acme, urn) = (server.acme.clone(), urn.clone());
        async move {
            acme.update(&json!({ "customer": { "customerUrn": urn, "firstName": format!("n{n}") } })).await
        }
    }))
    .await;

    assert_eq!(count(&replies, 200), CROWD);
    let versions: BTreeSet<i64> =
        replies.iter().map(|reply| reply.json()["result"]["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (2..=51).collect());
    assert_eq!(server.counts().await, (1, 51));
    let last = replies.iter().find(|reply| reply.json()["result"]["version"] == 51).unwrap().json();
    let info = server.acme.info(&format!("urn={urn}")).await.json();
    assert_eq!(info["result"]["firstName"], last["result"]["firstName"], "the last to write is what stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_swap_emails_are_both_refused_or_one_wins() {
    let server = Server::start_with(&PATIENT).await;

    for round in 0..20 {
        let emails = ["a", "b"].map(|name| format!("{name}{round}@example.com"));
        let mut urns = Vec::new();
        for email in &emails {
            let customer = json!({ "externalIdentifier": email, "email": email });
            urns.push(server.acme.store(&in_germany(customer)).await.urn());
        }
        let swaps = urns.into_iter().zip(emails.into_iter().rev());
        let replies =
            all_at_once(
                swaps.map(|(urn, email)| {
                    let acme = server.acme.clone();
                    async move {
                        acme.update(&json!({ "customer": { "customerUrn": urn, "email": email } })).await
                    }
                }),
            )
            .await;

        assert_eq!(count(&replies, 200) + count(&replies, 409), 2);
        assert!(count(&replies, 200) < 2, "two customers with one e-mail in between");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_customers_who_change_to_one_email_leave_it_with_one() {
    let server = Server::start_with(&PATIENT).await;
    let mut urns = Vec::new();
    for n in 0..CROWD {
        urns.push(server.acme.store(&same_email_as_nobody(n)).await.urn());
    }

    let replies = all_at_once(urns.into_iter().map(|urn| {
        let acme = server.acme.clone();
        let change = json!({ "customer": { "customerUrn": urn, "email": "wanted@example.com" } });
        async move { acme.update(&change).await }
    }))
    .await;

    assert_eq!((count(&replies, 200), count(&replies, 409)), (1, CROWD - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_survives_an_update_beside_the_erasure() {
    let server = Server::start_with(&PATIENT).await;

    for round in 0..20 {
        let urn = server.acme.store(&same_external_id(round)).await.urn();
        let delete = json!({ "customerUuid": urn });
        let replies = all_at_once((0..10).map(|n| {
            let (acme, urn, delete) = (server.acme.clone(), urn.clone(), delete.clone());
            async move {
                if n == 5 {
                    return acme.delete(&delete).await;
                }
                let canary = format!("canary-{round}-{n}");
                let change =
                    json!({ "customerUrn": urn, "firstName": canary, "privacy": { "note": canary } });
                acme.update(&json!({ "customer": change })).await
            }
        }))
        .await;

        assert_eq!(count(&replies, 200) + count(&replies, 404), 10);
        assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 404);
        assert_eq!(rows_with(&server.pool, "canary").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_erasures_of_one_customer_all_succeed_and_write_one_event() {
    let server = Server::start_with(&PATIENT).await;
    let urn = server.acme.store(&same_external_id(0)).await.urn();

    let replies = all_at_once((0..CROWD).map(|_| {
        let (acme, delete) = (server.acme.clone(), json!({ "customerUuid": urn }));
        async move { acme.delete(&delete).await }
    }))
    .await;

    assert_eq!(count(&replies, 200), CROWD);
    assert_eq!(server.counts().await, (1, 2));
}

/// Each store either finds the identity free, because an erasure came first, or names its holder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_and_erasures_of_one_identity_never_fail_otherwise() {
    let server = Server::start_with(&PATIENT).await;

    let replies = all_at_once((0..CROWD).map(|n| {
        let acme = server.acme.clone();
        async move {
            match n % 2 {
                0 => acme.store(&same_external_id(n)).await,
                _ => acme.delete(&json!({ "externalIdentifier": "crm-one" })).await,
            }
        }
    }))
    .await;

    let answered = [200, 404, 409].map(|status| count(&replies, status)).iter().sum::<usize>();
    assert_eq!(answered, CROWD);
    let living: i64 = sqlx::query_scalar("select count(*) from customers where erased_at is null")
        .fetch_one(&server.pool)
        .await
        .unwrap();
    assert!(living <= 1);
}

/// Everybody wants something of everybody else's, in every combination.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_overlapping_stores_updates_and_erasures_is_answered_properly() {
    let server = Server::start_with(&PATIENT).await;

    let replies = all_at_once((0..6 * CROWD).map(|n| {
        let acme = server.acme.clone();
        let pick = move |step: usize| n / step % 5;
        let customer = json!({
            "externalIdentifier": format!("crm-{}", pick(1)),
            "email": format!("e{}@example.com", pick(5)),
            "phoneNumber": format!("+49170123456{}", pick(25)),
        });
        async move {
            match n % 8 {
                0..4 => acme.store(&in_germany(customer)).await,
                4..7 => acme.update(&json!({ "customer": customer })).await,
                _ => acme.delete(&json!({ "externalIdentifier": customer["externalIdentifier"] })).await,
            }
        }
    }))
    .await;

    let answered = [200, 404, 409].map(|status| count(&replies, status)).iter().sum::<usize>();
    assert_eq!(answered, 6 * CROWD);
}

async fn store_all(client: &Client, customer: Entrant) -> Vec<Reply> {
    all_at_once((0..CROWD).map(|n| {
        let client = client.clone();
        async move { client.store(&customer(n)).await }
    }))
    .await
}

fn same_external_id(_: usize) -> Value {
    in_germany(json!({ "externalIdentifier": "crm-one" }))
}

/// One address, in two spellings.
fn same_email(n: usize) -> Value {
    let email = if n.is_multiple_of(2) { "one@example.com" } else { "ONE@Example.com" };
    in_germany(json!({ "externalIdentifier": format!("email-{n}"), "email": email }))
}

fn same_email_as_nobody(n: usize) -> Value {
    in_germany(json!({ "externalIdentifier": format!("own-{n}"), "email": format!("own-{n}@example.com") }))
}

fn same_phone_number(n: usize) -> Value {
    let phone = if n.is_multiple_of(2) { "+49 170 1234567" } else { "+49-170-123-4567" };
    in_germany(json!({ "externalIdentifier": format!("phone-{n}"), "phoneNumber": phone }))
}

fn same_everything(_: usize) -> Value {
    let phone = "+49 171 7654321";
    in_germany(json!({ "externalIdentifier": "all-one", "email": "all@example.com", "phoneNumber": phone }))
}

async fn rows_with(pool: &PgPool, text: &str) -> i64 {
    let rows = "select count(*) from customers c where to_jsonb(c)::text like '%' || $1 || '%'";
    sqlx::query_scalar(rows).bind(text).fetch_one(pool).await.unwrap()
}
