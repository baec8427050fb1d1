//! A token beside a key: asked for where the tenant says so, of the key's tenant, and able only to take away.

use azotte_customers::{
    domain::{
        scope::Scope,
        tenant::{JwtPolicy, TenantId},
    },
    postgres::tenants::{self, TenantChange},
    sandbox::seed,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Client, Server, tokens::Token};

/// What a client may do: read, write, delete.
async fn powers(client: &Client) -> [u16; 3] {
    let read = client.validate("crm-1").await;
    let write = client.update(&json!({ "customer": { "customerUrn": "cu.00.1" } })).await;
    let delete = client.delete(&json!({ "customerUuid": "cu.00.1" })).await;
    [read, write, delete].map(|reply| reply.status.as_u16())
}

fn bearing(client: &Client, token: &Token) -> Client {
    client.with("authorization", &format!("Bearer {}", token.signed()))
}

#[tokio::test]
async fn a_tenant_may_insist_on_a_token() {
    let server = Server::start().await;
    let tenant = server.tenant("strict").await;
    let strict = TenantChange { jwt: Some(JwtPolicy::Required), ..TenantChange::default() };
    tenants::change(&server.pool, TenantId(tenant.id), &strict).await.unwrap();

    let without = tenant.client.validate("crm-1").await;
    let with = bearing(&tenant.client, &Token::csp(tenant.id)).validate("crm-1").await;
    let wrong_key = tenant.client.with("x-api-key", "sk_dev_wrong");
    let wrong_key = bearing(&wrong_key, &Token::csp(tenant.id)).validate("crm-1").await;

    assert_eq!(without.status, 401);
    assert!(without.body.is_empty());
    assert_eq!(with.status, 200);
    assert_eq!(wrong_key.status, 401, "a token is no key");
}

#[tokio::test]
async fn elsewhere_the_key_is_enough_and_a_token_may_come_with_it() {
    let server = Server::start().await;

    assert_eq!(server.acme.validate("crm-1").await.status, 200);
    assert_eq!(bearing(&server.acme, &Token::acme()).validate("crm-1").await.status, 200);
}

#[tokio::test]
async fn a_token_is_of_the_keys_tenant() {
    let server = Server::start().await;
    let other = server.tenant("other").await;
    let refused = server.acme.with("x-api-key", "sk_dev_wrong").validate("crm-1").await;

    for tenant in [other.id, Uuid::new_v4()] {
        let reply = bearing(&server.acme, &Token::csp(tenant)).validate("crm-1").await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.body, refused.body);
        assert_eq!(reply.header("www-authenticate"), refused.header("www-authenticate"));
    }
    let both = bearing(&other.client.with("x-tn", &seed::TENANT_ID.to_string()), &Token::acme());
    assert_eq!(both.validate("crm-1").await.status, 401, "the key is of another tenant");
    assert_eq!(bearing(&other.client, &Token::csp(other.id)).validate("crm-1").await.status, 200);
}

#[tokio::test]
async fn scopes_of_a_token_limit_those_of_the_key() {
    let server = Server::start().await;
    let acme = &server.acme;

    for (scope, expected) in [
        ("customer.read", [200, 403, 403]),
        ("customer.write", [403, 404, 403]),
        ("customer.delete", [403, 403, 404]),
        ("customer.read customer.write", [200, 404, 403]),
        ("customer.read customer.write customer.delete", [200, 404, 404]),
        ("", [403, 403, 403]),
        ("openid profile", [403, 403, 403]),
        ("CUSTOMER.READ", [403, 403, 403]),
        ("customer.read,customer.write", [403, 403, 403]),
    ] {
        let limited = bearing(acme, &Token::acme().with("scope", scope));
        assert_eq!(powers(&limited).await, expected, "{scope:?}");
    }
    let reply = bearing(acme, &Token::acme().with("scope", "customer.write")).validate("crm-1").await;
    assert_eq!(reply.outcome(), (403, "FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn a_token_that_names_no_scope_limits_nothing() {
    let server = Server::start().await;

    assert_eq!(powers(&bearing(&server.acme, &Token::acme())).await, [200, 404, 404]);
}

#[tokio::test]
async fn a_token_gives_a_key_nothing() {
    let server = Server::start().await;
    let (_, reader) = server.key(seed::TENANT_ID.0, &[Scope::CustomerRead]).await;
    let everything = "customer.read customer.write customer.delete";

    assert_eq!(powers(&bearing(&reader, &Token::acme())).await, [200, 403, 403]);
    assert_eq!(powers(&bearing(&reader, &Token::acme().with("scope", everything))).await, [200, 403, 403]);
    let other = bearing(&reader, &Token::acme().with("scope", "customer.write"));
    assert_eq!(powers(&other).await, [403, 403, 403], "nothing in common");
}
