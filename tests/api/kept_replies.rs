//! A kept reply speaks of several customers: whom the request was for, and who held what it asked for. Erasing any of
//! them erases it.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    Client, Reply, Server,
    bodies::{customer, customer_with},
    eventually::eventually,
    held::sessions_that_wait,
    partners::customer_with as partner_customer_with,
};

const PATIENT: [&str; 4] = ["--db-lock-timeout-ms", "60000", "--db-statement-timeout-ms", "60000"];

#[tokio::test]
async fn a_refused_update_goes_with_the_customer_it_was_for_and_with_each_holder() {
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let server = Server::start().await;
        let people = three_people(&server).await;
        let asked = json!({ "customer": {
            "externalIdentifier": "crm-target", "email": "mail@example.com", "phoneNumber": "+491701234567",
        } });
        let refused = server.acme.with("idempotency-key", "1").update(&asked).await;
        assert_eq!(refused.errors().len(), 2);

        for (erased, person) in order.into_iter().map(|n| &people[n]).enumerate() {
            assert_eq!(contents(&server.pool, "c2a.update").await, usize::from(erased == 0), "{order:?}");
            erase(&server.acme, person).await;
        }
        assert_eq!(contents(&server.pool, "c2a.update").await, 0);
        let late = server.acme.with("idempotency-key", "1").update(&asked).await;
        assert_eq!(late.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    }
}

#[tokio::test]
async fn a_refused_store_goes_with_each_holder() {
    for first in 0..3 {
        let server = Server::start().await;
        let people = three_people(&server).await;
        let taken = json!({ "email": "mail@example.com", "phoneNumber": "+491701234567" });
        let refused =
            server.acme.with("idempotency-key", "1").store(&customer_with("crm-target", taken)).await;
        assert_eq!(refused.errors().len(), 3);
        assert_eq!(contents(&server.pool, "c2a.store").await, 1);

        erase(&server.acme, &people[first]).await;

        assert_eq!(contents(&server.pool, "c2a.store").await, 0, "holder {first}");
    }
}

#[tokio::test]
async fn a_refused_creation_by_a_partner_goes_with_each_holder() {
    for first in [1, 2] {
        let server = Server::with_partners().await;
        let people = three_people(&server).await;
        let csp = server.csp().with("idempotency-key", "1");
        let taken = json!({ "email": "mail@example.com", "phone": "+491701234567" });
        assert_eq!(csp.create(&partner_customer_with("acme", taken)).await.status, 409);
        assert_eq!(contents(&server.pool, "partner.create").await, 1);

        erase(&server.acme, &people[first]).await;

        assert_eq!(contents(&server.pool, "partner.create").await, 0, "holder {first}");
    }
}

#[tokio::test]
async fn one_who_is_not_spoken_of_takes_nothing() {
    let server = Server::start().await;
    three_people(&server).await;
    let stranger = server.acme.store(&customer("stranger")).await.urn();
    let keyed = server.acme.with("idempotency-key", "1");
    let refused = keyed.store(&customer("crm-target")).await;

    erase(&server.acme, &stranger).await;

    let again = keyed.store(&customer("crm-target")).await;
    assert_eq!((again.status, &again.body), (refused.status, &refused.body));
}

/// The negative control: filed under the customer alone that the request was for, a reply outlives its holder.
#[tokio::test]
async fn without_its_mentions_a_reply_is_seen_to_outlive_the_holder() {
    let server = Server::start().await;
    let people = three_people(&server).await;
    refused_update(&server.acme).await;
    sqlx::query("delete from idempotency_mentions").execute(&server.pool).await.unwrap();

    erase(&server.acme, &people[1]).await;

    assert_eq!(contents(&server.pool, "c2a.update").await, 1);
}

/// The erasure has begun before the reply is kept, and ends after the conflict was found.
#[tokio::test]
async fn a_reply_that_is_kept_while_its_holder_is_being_erased_is_only_a_marker() {
    let server = Server::start_with(&PATIENT).await;
    three_people(&server).await;
    let mut erasure = server.pool.begin().await.unwrap();
    sqlx::query(
        "update customers
         set external_id = null, email = null, email_key = null, language_code = null, status = 'Anonymized',
             erased_at = now()
         where external_id = 'crm-mail'",
    )
    .execute(&mut *erasure)
    .await
    .unwrap();
    let acme = server.acme.clone();
    let update = tokio::spawn(async move { refused_update(&acme).await });
    eventually("the reply waits for the erasure", async || waits_for_lock(&server.pool).await).await;

    erasure.commit().await.unwrap();

    assert_eq!(update.await.unwrap().status, 409);
    assert_eq!(contents(&server.pool, "c2a.update").await, 0);
}

#[tokio::test]
async fn a_reply_in_the_place_of_an_expired_one_does_not_speak_of_its_customers() {
    let server = Server::start().await;
    let people = three_people(&server).await;
    refused_update(&server.acme).await;
    sqlx::query("update idempotency_records set expires_at = now()").execute(&server.pool).await.unwrap();
    let keyed = server.acme.with("idempotency-key", "1");
    let renamed = json!({ "customer": { "externalIdentifier": "crm-target", "firstName": "Jane" } });
    assert_eq!(keyed.update(&renamed).await.status, 200);

    erase(&server.acme, &people[1]).await;

    assert_eq!(contents(&server.pool, "c2a.update").await, 1);
    assert_eq!(keyed.update(&renamed).await.status, 200);
}

/// URNs of three customers: one to change, one with an e-mail, one with a phone number.
async fn three_people(server: &Server) -> [String; 3] {
    let mail = customer_with("crm-mail", json!({ "email": "mail@example.com" }));
    let phone = customer_with("crm-phone", json!({ "phoneNumber": "+491701234567" }));
    let acme = &server.acme;
    [acme.store(&customer("crm-target")).await, acme.store(&mail).await, acme.store(&phone).await]
        .map(|stored| stored.urn())
}

async fn refused_update(acme: &Client) -> Reply {
    let taken = json!({ "customer": { "externalIdentifier": "crm-target", "email": "mail@example.com" } });
    let refused = acme.with("idempotency-key", "1").update(&taken).await;
    assert_eq!(refused.outcome(), (409, "USER_WITH_SAME_EMAIL_EXISTS".to_owned()));
    refused
}

async fn erase(acme: &Client, urn: &str) {
    let erased: Value = acme.delete(&json!({ "customerUuid": urn })).await.json();
    assert_eq!(erased["status"]["messageCode"], "SUCCESS");
}

/// Records of an operation that still hold anything of a request or its reply.
async fn contents(pool: &PgPool, operation: &str) -> usize {
    let held = "select count(*) from idempotency_records
        where operation = $1 and num_nonnulls(salt, fingerprint, body, etag) > 0";
    let held: i64 = sqlx::query_scalar(held).bind(operation).fetch_one(pool).await.unwrap();
    held as usize
}

async fn waits_for_lock(pool: &PgPool) -> bool {
    sessions_that_wait(pool).await > 0
}
