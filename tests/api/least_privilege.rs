//! Server and commands as roles that own nothing, with the grants of `docs/least-privilege.sql`.

use azotte_customers::{
    domain::{
        api_key::ApiKey,
        caller::KeyId,
        channel::Channel,
        environment::Environment,
        feed::FeedId,
        partner::{ProviderInstanceId, ResellerId},
        quota::QuotaOverride,
        scope::Scope,
        tenant::{JwtPolicy, TenantId},
    },
    postgres::{
        api_keys::{self, NewKey},
        audit::{self, AuditFilter},
        feed::renew::renew,
        grants::{self, Grant},
        migrations,
        privileges::{self, Role},
        provider_instances, resellers, settings,
        tenants::{self, NewTenant, TenantChange},
    },
};
use chrono::Utc;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use uuid::Uuid;

use crate::support::{
    Client, Server,
    bodies::{change, sample},
    database,
    eventually::eventually,
    partners::customer_with,
    tokens::Token,
};

const MANUAL: &str = include_str!("../../docs/operations/database.md");
const GRANTS: &str = include_str!("../../docs/least-privilege.sql");

#[test]
fn the_operations_manual_quotes_the_grants() {
    let grants = &GRANTS[GRANTS.find("-- What a server needs").unwrap()..];
    assert!(MANUAL.contains(grants));
}

#[tokio::test]
async fn a_server_works_as_a_role_that_owns_nothing() {
    let roles = Roles::create().await;
    let (tenant, key) = a_tenant(&roles.owner).await;
    let flags = ["--environment", "live"];
    let server = Server::start_on(roles.url("customers_server"), &flags).await;
    let acme = Client::new(server.address, &tenant.to_string(), key.reveal());

    assert_eq!(acme.send(Method::GET, "/health/ready", "").await.status, 200);
    every_c2a_endpoint_works(&acme).await;
    every_partner_endpoint_works(&acme.partner_at("acme.example.com", &Token::csp(tenant.0))).await;
    let role = roles.unique("customers_server");
    roles.execute(&format!("revoke update (email) on customers from {role}")).await;
    let ready = async || server.ops.send(Method::GET, "/health/ready", "").await;
    eventually("it is not ready", async || ready().await.status == 503).await;
    let reason = ready().await.json()["reason"].clone();
    assert_eq!(reason, "the database's user lacks a privilege; see `azotte-customers doctor`");
    server.stop().await;

    // Written in the background, here when the server stopped.
    let used: bool = sqlx::query_scalar("select bool_and(last_used_at is not null) from api_keys")
        .fetch_one(&roles.owner)
        .await
        .unwrap();
    assert!(used);
    roles.drop().await;
}

async fn every_c2a_endpoint_works(acme: &Client) {
    assert_eq!(acme.validate("crm-9981273").await.status, 200);
    let urn = acme.store(&sample()).await.urn();
    assert_eq!(acme.store(&sample()).await.status, 409);
    assert_eq!(acme.update(&change(&urn, json!({ "firstName": "Joan" }))).await.status, 200);
    assert_eq!(acme.info(&format!("urn={urn}")).await.status, 200);
    assert_eq!(acme.delete(&json!({ "customerUuid": urn })).await.status, 200);
    let events = acme.send(Method::GET, "/api/c2a/customer/events", "").await;
    assert_eq!(events.json()["result"]["events"].as_array().unwrap().len(), 3, "{}", events.text());
    assert_eq!(acme.send(Method::GET, "/api/c2a/customer/export", "").await.status, 200);
    let ranges = json!([{ "count": 0, "digest": "0".repeat(32) }]);
    assert_eq!(acme.compare(&json!({ "by": "version", "ranges": ranges })).await.status, 200);
    assert_eq!(acme.compare(&json!({ "by": "version", "items": [] })).await.status, 200);
}

async fn every_partner_endpoint_works(csp: &Client) {
    let id = Uuid::new_v4();
    let body = customer_with(
        "acme",
        json!({
            "id": id,
            "resellerId": RESELLER.0,
            "customerAssociations": [{ "resellerId": RESELLER.0, "name": "billing" }],
            "providerCustomers": { INSTANCE.0.to_string(): { "providerCustomerData": "{}" } },
        }),
    );
    for status in [201, 200] {
        let created = csp.post("/v1/Customers", &body.to_string()).await;
        assert_eq!(created.status, status, "{}", created.text());
    }
    assert_eq!(csp.send(Method::GET, &format!("/v1/Customers/{id}"), "").await.status, 200);
    let list = csp.send(Method::GET, "/v1/Customers?search=acme&searchField=Domain", "").await;
    assert_eq!(list.status, 200, "{}", list.text());
    assert_eq!(csp.send(Method::DELETE, &format!("/v1/Customers/{id}"), "").await.status, 202);
}

const RESELLER: ResellerId = ResellerId(Uuid::from_u128(1));
const INSTANCE: ProviderInstanceId = ProviderInstanceId(Uuid::from_u128(2));

#[tokio::test]
async fn the_commands_work_as_a_role_that_owns_nothing() {
    let roles = Roles::create().await;
    let url = roles.url("customers_operator");
    let operator = PgPool::connect(&url).await.unwrap();
    migrations::migrate(&url.parse().unwrap()).await.unwrap();
    assert!(!settings::read(&operator).await.unwrap().version.is_empty());

    let (tenant, _) = a_tenant(&operator).await;
    let new_domain = TenantChange { domain: Some("acme.example.org".to_owned()), ..TenantChange::default() };
    tenants::change(&operator, tenant, &new_domain).await.unwrap();
    for suspended in [true, false] {
        tenants::set_suspended(&operator, tenant, suspended).await.unwrap();
    }
    assert_eq!(tenants::list(&operator).await.unwrap().len(), 1);
    assert_eq!(tenants::find(&operator, "acme").await.unwrap().unwrap().domains.len(), 2);

    let key = api_keys::list(&operator, tenant).await.unwrap().remove(0);
    assert!(api_keys::find(&operator, KeyId(key.id)).await.unwrap().is_some());
    let successor = ApiKey::generate(Environment::Live);
    api_keys::rotate(&operator, KeyId(key.id), Utc::now(), &new_key(tenant, &successor)).await.unwrap();
    api_keys::revoke(&operator, tenant, KeyId(key.id)).await.unwrap();

    assert_eq!(resellers::list(&operator, tenant).await.unwrap().len(), 1);
    assert!(provider_instances::remove(&operator, tenant, INSTANCE).await.unwrap());
    assert!(provider_instances::list(&operator, tenant).await.unwrap().is_empty());
    renew(&operator, tenant, FeedId::generate()).await.unwrap();
    let trail = audit::list(&operator, tenant, AuditFilter::default(), 100).await.unwrap();
    assert!(trail.len() >= 6, "{trail:?}");
    operator.close().await;
    roles.drop().await;
}

#[tokio::test]
async fn what_neither_role_has_a_use_for_is_refused() {
    let roles = Roles::create().await;
    let everybody = [
        "create table mine (id int)",
        "create temporary table customers (id int)",
        "alter table customers add column mine int",
        "drop table customer_events",
        "truncate customers",
        "drop index customers_tenant_id_email_key_key",
        "create role mine",
        "select rolpassword from pg_authid",
        "copy customers to program 'true'",
        "delete from customers",
        "update customer_events set actor = 'mine'",
        "delete from customer_events",
        "update admin_events set kind = 'mine'",
        "delete from admin_events",
        "update _sqlx_migrations set success = false",
    ];
    let server = [
        "insert into tenants (id, name) values (gen_random_uuid(), 'mine')",
        "update tenants set jwt_required = false",
        "insert into tenant_domains (tenant_id, domain) values (gen_random_uuid(), 'mine.example.com')",
        "update api_keys set revoked_at = null",
        "select * from admin_events",
        "update customer_events set kind = 'erased'",
        "update customer_events set occurred_at = now()",
        "update customer_feeds set feed_id = gen_random_uuid()",
        "delete from customer_feeds",
        "update customers set tenant_id = tenant_id",
        "update customers set number = number",
        "update partner_customers set tenant_id = tenant_id",
        "update idempotency_records set key_digest = key_digest",
    ];
    let operator = [
        "select * from customers",
        "update customers set email = null",
        "select * from partner_customers",
        "update customer_events set position = 1",
        "update customer_feeds set position = 1",
    ];
    for (role, further) in [("customers_server", &server[..]), ("customers_operator", &operator)] {
        let pool = PgPool::connect(&roles.url(role)).await.unwrap();
        for statement in everybody.iter().chain(further) {
            let refused = sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&pool).await.unwrap_err();
            let code = refused.as_database_error().and_then(|refusal| refusal.code());
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {statement}: {refused}");
        }
        pool.close().await;
    }
    roles.drop().await;
}

#[tokio::test]
async fn each_privilege_that_a_server_lacks_is_seen() {
    let roles = Roles::create().await;
    let mut server = PgConnection::connect(&roles.url("customers_server")).await.unwrap();
    assert_eq!(privileges::missing(&mut server).await.unwrap(), Vec::<String>::new());
    assert_eq!(privileges::role(&mut server).await.unwrap(), Role::Ordinary);

    let mut revoked = Vec::new();
    for Grant { table, privilege, column } in grants::of_server() {
        let role = roles.unique("customers_server");
        let what = column.map_or_else(|| privilege.to_string(), |column| format!("{privilege} ({column})"));
        roles.execute(&format!("revoke {what} on {table} from {role}")).await;
        revoked.push(format!("{what} on {table}"));
        revoked.sort();
        let mut missing = privileges::missing(&mut server).await.unwrap();
        missing.sort();
        assert_eq!(missing, revoked);
    }
    server.close().await.unwrap();
    roles.drop().await;
}

/// With a reseller and a provider instance, as the commands make them.
async fn a_tenant(pool: &PgPool) -> (TenantId, ApiKey) {
    let tenant = NewTenant {
        id: TenantId(Uuid::new_v4()),
        name: "acme".to_owned(),
        domain: "acme.example.com".to_owned(),
        jwt: JwtPolicy::Optional,
        required: Vec::new(),
        channels: vec!["CARD".parse::<Channel>().unwrap()],
        rate: QuotaOverride(None),
        burst: QuotaOverride(None),
    };
    tenants::create(pool, &tenant).await.unwrap();
    resellers::add(pool, tenant.id, RESELLER, "Reseller").await.unwrap();
    provider_instances::add(pool, tenant.id, INSTANCE, "Provider").await.unwrap();
    let key = ApiKey::generate(Environment::Live);
    api_keys::issue(pool, &new_key(tenant.id, &key)).await.unwrap();
    (tenant.id, key)
}

fn new_key(tenant: TenantId, key: &ApiKey) -> NewKey<'_> {
    let id = KeyId(Uuid::now_v7());
    NewKey { tenant, id, key, name: "backend", scopes: Scope::ALL.to_vec(), expires_at: None }
}

/// A database whose roles have names of their own: roles are the whole cluster's.
struct Roles {
    owner: PgPool,
    owner_url: String,
    suffix: String,
}

impl Roles {
    const NAMES: [&str; 2] = ["customers_server", "customers_operator"];

    async fn create() -> Self {
        let owner_url = database::create().await;
        let owner = PgPool::connect(&owner_url).await.unwrap();
        let roles = Self { owner, owner_url, suffix: Uuid::new_v4().simple().to_string() };
        let mut grants = GRANTS.to_owned();
        for name in Self::NAMES {
            let unique = roles.unique(name);
            roles.execute(&format!("create role {unique} login password 'secret'")).await;
            grants = grants.replace(name, &unique);
        }
        roles.execute(&grants).await;
        roles
    }

    fn unique(&self, name: &str) -> String {
        format!("{name}_{}", &self.suffix[..12])
    }

    fn url(&self, name: &str) -> String {
        let (_, rest) = self.owner_url.rsplit_once('@').expect("a URL with a user");
        format!("postgres://{}:secret@{rest}", self.unique(name))
    }

    async fn drop(self) {
        for name in Self::NAMES {
            let unique = self.unique(name);
            self.execute(&format!("drop owned by {unique}; drop role {unique}")).await;
        }
    }

    async fn execute(&self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&self.owner).await.unwrap();
    }
}
