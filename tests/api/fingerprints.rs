//! Whether two requests with one Idempotency-Key are the same is told by a fingerprint that nobody can guess without a
//! secret of the servers. Where sameness cannot be shown, there is no success.

use azotte_customers::domain::canonical_json::canonical;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgPool;

use crate::support::{Reply, Server, bodies::customer, server::FINGERPRINT_SECRET};

const OTHER_SECRET: &str = "a third secret for tests, of more than 32 bytes";

#[tokio::test]
async fn one_key_for_two_erasures_erases_one_and_says_so() {
    let server = Server::start().await;
    for external_id in ["g-a", "g-b"] {
        server.acme.store(&customer(external_id)).await;
    }
    let run = server.acme.with("idempotency-key", "gdpr-run-1");

    let first = run.delete(&by_external_id("g-a")).await;
    let second = run.delete(&by_external_id("g-b")).await;

    assert_eq!(first.outcome(), (200, "SUCCESS".to_owned()));
    assert_eq!(second.outcome(), reused());
    assert_eq!(server.acme.info("exId=g-b").await.status, 200, "not erased, and not said to be");
    assert!(is_replay_of(&first, &run.delete(&by_external_id("g-a")).await), "the same erasure again");
    let urn = server.acme.info("exId=g-b").await.urn();
    assert_eq!(run.delete(&json!({ "customerUuid": urn })).await.outcome(), reused());
}

/// The release before this one kept no fingerprint of a delete by external identifier, and others without a secret.
#[tokio::test]
async fn what_an_older_release_kept_is_never_taken_for_the_same() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let client = server.acme.with("idempotency-key", "1");
    let erasure = by_external_id("crm-1");
    assert_eq!(client.delete(&erasure).await.status, 200);
    let guess = fingerprint(b"salt", &content(&erasure));

    for (salt, value) in [(None, None), (Some(b"salt".to_vec()), Some(guess))] {
        sqlx::query("update idempotency_records set salt = $1, fingerprint = $2")
            .bind(salt)
            .bind(value)
            .execute(&server.pool)
            .await
            .unwrap();
        assert_eq!(client.delete(&erasure).await.outcome(), reused());
    }
}

#[tokio::test]
async fn a_secret_is_replaced_while_the_previous_one_is_still_recognised() {
    let old = Server::start().await;
    let first = old.acme.with("idempotency-key", "1").store(&customer("crm-1")).await;
    let rotating =
        ["--fingerprint-secret", OTHER_SECRET, "--previous-fingerprint-secret", FINGERPRINT_SECRET];
    let rotated = Server::start_on(old.database_url.clone(), &rotating).await;
    let without = Server::start_on(old.database_url.clone(), &rotating[..2]).await;

    let again = |server: &Server, external_id: &str| {
        let (client, body) = (server.acme.with("idempotency-key", "1"), customer(external_id));
        async move { client.store(&body).await }
    };

    assert!(is_replay_of(&first, &again(&rotated, "crm-1").await));
    assert_eq!(again(&rotated, "crm-2").await.outcome(), reused());
    assert_eq!(again(&without, "crm-1").await.outcome(), reused(), "no success by mistake");
    assert_eq!(old.counts().await, (1, 1));
}

#[tokio::test]
async fn a_fingerprint_cannot_be_tried_with_what_is_in_the_database() {
    let server = Server::start().await;
    let body = customer("crm-1");
    assert_eq!(server.acme.with("idempotency-key", "1").store(&body).await.status, 200);

    assert_eq!(guessed(&server.pool, &body).await, 0);

    sqlx::query("update idempotency_records set fingerprint = $1, salt = 'salt'")
        .bind(fingerprint(b"salt", &content(&body)))
        .execute(&server.pool)
        .await
        .unwrap();
    assert_eq!(guessed(&server.pool, &body).await, 1, "the control: without a secret it is found");
}

fn reused() -> (u16, String) {
    (422, "IDEMPOTENCY_KEY_REUSED".to_owned())
}

fn by_external_id(external_id: &str) -> Value {
    json!({ "externalIdentifier": external_id })
}

/// What the fingerprint of a request of the sample key is made of.
fn content(body: &Value) -> String {
    format!("may read: true\n{}", canonical(body.to_string().as_bytes()))
}

/// As a reader of the database would make it.
fn fingerprint(salt: &[u8], content: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(salt).unwrap().chain_update(content);
    mac.finalize().into_bytes().to_vec()
}

/// Records that turn out to be of this body, for a reader of the database.
async fn guessed(pool: &PgPool, body: &Value) -> usize {
    let kept = "select salt, fingerprint from idempotency_records where fingerprint is not null";
    let kept: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(kept).fetch_all(pool).await.unwrap();
    kept.iter().filter(|(salt, value)| fingerprint(salt, &content(body)) == *value).count()
}

fn is_replay_of(first: &Reply, again: &Reply) -> bool {
    again.header("idempotent-replayed") == Some("true")
        && (first.status, &first.body) == (again.status, &again.body)
}
