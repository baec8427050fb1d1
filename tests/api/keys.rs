//! The life of an API key, as a tenant's backend sees it: issued, limited, rotated, expired, revoked.

use azotte_customers::{
    domain::{api_key::ApiKey, caller::KeyId, environment::Environment, scope::Scope, tenant::TenantId},
    postgres::{
        api_keys::{self, NewKey},
        tenants,
    },
    sandbox::seed,
};
use chrono::{DateTime, Duration, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{Client, Server, eventually::eventually};

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let server = Server::start().await;
    let tenant = server.tenant("globex").await;
    let (id, client) = server.key(tenant.id, Scope::ALL).await;
    assert_eq!(client.validate("crm-1").await.status, 200);

    api_keys::revoke(&server.pool, TenantId(tenant.id), KeyId(id)).await.unwrap();

    eventually("the revoked key is refused", async || client.validate("crm-1").await.status == 401).await;
    assert_eq!(tenant.client.validate("crm-1").await.status, 200, "another key of the tenant");
}

#[tokio::test]
async fn a_revocation_while_nobody_listened_is_learned_afterwards() {
    let server = Server::start().await;
    let (id, client) = server.key(seed::TENANT_ID.0, Scope::ALL).await;
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and application_name = 'azotte-customers listener'
                 and query ilike 'listen%'";
    eventually("the listener is cut off", async || {
        sqlx::query(cut).execute(&server.pool).await.unwrap().rows_affected() > 0
    })
    .await;
    client.validate("crm-1").await;

    api_keys::revoke(&server.pool, seed::TENANT_ID, KeyId(id)).await.unwrap();

    eventually("the revoked key is refused", async || client.validate("crm-1").await.status == 401).await;
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_until_it_is_resumed() {
    let server = Server::start().await;
    let tenant = server.tenant("globex").await;
    assert_eq!(tenant.client.validate("crm-1").await.status, 200);

    tenants::set_suspended(&server.pool, TenantId(tenant.id), true).await.unwrap();
    eventually("suspended", async || tenant.client.validate("crm-1").await.status == 401).await;

    tenants::set_suspended(&server.pool, TenantId(tenant.id), false).await.unwrap();
    eventually("resumed", async || tenant.client.validate("crm-1").await.status == 200).await;
}

#[tokio::test]
async fn both_keys_of_a_rotation_work_until_the_overlap_ends() {
    let server = Server::start().await;
    let tenant = server.tenant("globex").await;
    let (old, old_client) = server.key(tenant.id, Scope::ALL).await;

    let new_client = rotate(&server, tenant.id, old, Utc::now() + Duration::hours(1)).await;
    assert_eq!(new_client.validate("crm-1").await.status, 200);
    assert_eq!(old_client.validate("crm-1").await.status, 200);

    let newest_client = rotate(&server, tenant.id, old, Utc::now() - Duration::seconds(1)).await;
    eventually("the old key has ended", async || old_client.validate("crm-1").await.status == 401).await;
    assert_eq!(newest_client.validate("crm-1").await.status, 200);
}

#[tokio::test]
async fn a_rotation_never_lengthens_the_life_of_the_old_key() {
    let server = Server::start().await;
    let key = ApiKey::generate(Environment::Sandbox);
    let ends = Utc::now() + Duration::minutes(5);
    let old = issue(&server, seed::TENANT_ID.0, &key, Some(ends)).await;

    rotate(&server, seed::TENANT_ID.0, old, Utc::now() + Duration::days(7)).await;

    let kept = api_keys::find(&server.pool, KeyId(old)).await.unwrap().unwrap().expires_at.unwrap();
    assert_eq!(kept.timestamp_micros(), ends.timestamp_micros());
}

#[tokio::test]
async fn a_key_expires_while_it_is_in_use() {
    let server = Server::start().await;
    let key = ApiKey::generate(Environment::Sandbox);
    issue(&server, seed::TENANT_ID.0, &key, Some(Utc::now() + Duration::seconds(3))).await;
    let client = server.acme.with("x-api-key", key.reveal());
    assert_eq!(client.validate("crm-1").await.status, 200);

    eventually("the key has expired", async || client.validate("crm-1").await.status == 401).await;
}

#[tokio::test]
async fn each_endpoint_asks_for_its_scope() {
    let server = Server::start().await;
    let endpoints = [
        ("validate", Scope::CustomerRead),
        ("info", Scope::CustomerRead),
        ("store", Scope::CustomerWrite),
        ("update", Scope::CustomerWrite),
        ("delete", Scope::CustomerDelete),
    ];

    for &granted in Scope::ALL {
        let (_, client) = server.key(seed::TENANT_ID.0, &[granted]).await;
        for (endpoint, asked) in endpoints {
            let method = if endpoint == "info" { Method::GET } else { Method::POST };
            let reply = client.send(method, &format!("/api/c2a/customer/{endpoint}"), "").await;
            // With the scope the empty request is looked at and found wanting.
            let expected = if granted == asked { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
            assert_eq!(reply.status, expected, "{granted} on {endpoint}");
            assert_eq!(reply.outcome().1 == "FORBIDDEN", granted != asked, "{granted} on {endpoint}");
        }
    }
}

#[tokio::test]
async fn a_key_without_scopes_may_nothing() {
    let server = Server::start().await;
    let (_, client) = server.key(seed::TENANT_ID.0, &[]).await;

    assert_eq!(client.validate("crm-1").await.outcome(), (403, "FORBIDDEN".to_owned()));
    assert_eq!(client.store(&json!({})).await.outcome(), (403, "FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn a_conflict_names_the_holder_only_to_a_key_that_may_read() {
    let server = Server::start().await;
    let body = json!({ "customer": { "externalIdentifier": "crm-1" }, "claimedRegion": { "countryCode": "DE", "languageCode": "de" } });
    let urn = server.acme.store(&body).await.urn();
    let (_, blind) = server.key(seed::TENANT_ID.0, &[Scope::CustomerWrite]).await;

    let seen = server.acme.store(&body).await.json();
    assert_eq!(seen["status"]["errors"][0]["customerUrn"], json!(urn));

    let unseen = blind.store(&body).await.json();
    assert_eq!(unseen["status"]["messageCode"], "CUSTOMER_ALREADY_STORED");
    assert_eq!(unseen["status"]["errors"][0].get("customerUrn"), None);
}

#[tokio::test]
async fn a_key_tried_before_it_was_issued_works_afterwards() {
    let server = Server::start().await;
    let key = ApiKey::generate(Environment::Sandbox);
    let client = server.acme.with("x-api-key", key.reveal());
    assert_eq!(client.validate("crm-1").await.status, 401);

    issue(&server, seed::TENANT_ID.0, &key, None).await;

    eventually("the new key is known", async || client.validate("crm-1").await.status == 200).await;
}

#[tokio::test]
async fn the_last_use_is_written_when_the_server_stops() {
    let server = Server::start().await;
    let before = Utc::now() - Duration::seconds(1);
    let (used, client) = server.key(seed::TENANT_ID.0, Scope::ALL).await;
    let (unused, _) = server.key(seed::TENANT_ID.0, Scope::ALL).await;
    assert_eq!(client.validate("crm-1").await.status, 200);
    let database_url = server.database_url.clone();

    server.stop().await;

    let mut database = PgConnection::connect(&database_url).await.unwrap();
    let noted = last_used_at(&mut database, used).await.expect("a time");
    assert!((before..=Utc::now()).contains(&noted));
    assert_eq!(last_used_at(&mut database, unused).await, None);
}

#[tokio::test]
async fn a_stored_key_is_its_hash_and_its_ends() {
    let server = Server::start().await;
    let key = ApiKey::generate(Environment::Sandbox);
    let id = issue(&server, seed::TENANT_ID.0, &key, None).await;

    let row: Value = sqlx::query_scalar("select to_jsonb(k) from api_keys k where id = $1")
        .bind(id)
        .fetch_one(&server.pool)
        .await
        .unwrap();

    let hash: String = Sha256::digest(key.reveal()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(row["fingerprint"], format!("\\x{hash}"));
    assert_eq!(row["prefix"], key.reveal()[..11]);
    assert_eq!(row["last_four"], key.reveal()[key.reveal().len() - 4..]);
    // Neither the key nor any longer part of it, in whatever column is added.
    let text = row.to_string();
    for part in key.reveal().as_bytes().windows(12) {
        assert!(!text.contains(std::str::from_utf8(part).unwrap()));
    }
}

#[tokio::test]
async fn a_live_server_has_no_sandbox_tenant_and_refuses_its_key() {
    let server = Server::start_with(&["--environment", "live"]).await;
    let tenants: i64 =
        sqlx::query_scalar("select count(*) from tenants").fetch_one(&server.pool).await.unwrap();
    assert_eq!(tenants, 0);

    // As if the database had been a sandbox once.
    seed::sandbox_tenant(&server.pool).await.unwrap();
    assert_eq!(server.acme.validate("crm-1").await.status, 401, "the sample key");

    let [dev, live] = [Environment::Sandbox, Environment::Live].map(ApiKey::generate);
    for key in [&dev, &live] {
        issue(&server, seed::TENANT_ID.0, key, None).await;
    }
    assert_eq!(server.acme.with("x-api-key", dev.reveal()).validate("crm-1").await.status, 401);
    assert_eq!(server.acme.with("x-api-key", live.reveal()).validate("crm-1").await.status, 200);
}

#[tokio::test]
async fn every_step_of_a_key_s_life_is_recorded_once() {
    let server = Server::start().await;
    let tenant = server.tenant("globex").await;
    let (old, _) = server.key(tenant.id, Scope::ALL).await;
    rotate(&server, tenant.id, old, Utc::now()).await;
    for _ in 0..2 {
        api_keys::revoke(&server.pool, TenantId(tenant.id), KeyId(old)).await.unwrap();
    }

    let of_this_key =
        "select kind from admin_events where tenant_id = $1 and subject = $2 order by occurred_at, id";
    let kinds: Vec<String> = sqlx::query_scalar(of_this_key)
        .bind(tenant.id)
        .bind(old.to_string())
        .fetch_all(&server.pool)
        .await
        .unwrap();

    assert_eq!(kinds, ["key.issued", "key.rotated", "key.revoked"]);
}

async fn issue(server: &Server, tenant: Uuid, key: &ApiKey, expires_at: Option<DateTime<Utc>>) -> Uuid {
    let new = new_key(tenant, key, expires_at);
    api_keys::issue(&server.pool, &new).await.unwrap();
    new.id.0
}

async fn rotate(server: &Server, tenant: Uuid, old: Uuid, overlap_ends: DateTime<Utc>) -> Client {
    let key = ApiKey::generate(Environment::Sandbox);
    let successor = new_key(tenant, &key, None);
    api_keys::rotate(&server.pool, KeyId(old), overlap_ends, &successor).await.unwrap();
    Client::new(server.address, &tenant.to_string(), key.reveal())
}

fn new_key(tenant: Uuid, key: &ApiKey, expires_at: Option<DateTime<Utc>>) -> NewKey<'_> {
    let id = KeyId(Uuid::now_v7());
    NewKey { tenant: TenantId(tenant), id, key, name: "test", scopes: Scope::ALL.to_vec(), expires_at }
}

async fn last_used_at(database: &mut PgConnection, key: Uuid) -> Option<DateTime<Utc>> {
    let query = sqlx::query_scalar("select last_used_at from api_keys where id = $1").bind(key);
    query.fetch_one(database).await.unwrap()
}
