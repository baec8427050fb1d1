//! Every unique index of the database is run into and answered properly: read off the catalogue, so that a
//! new one without its test is seen here.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI64, Ordering},
};

use azotte_customers::{
    domain::{
        api_key::ApiKey,
        caller::KeyId,
        country::CountryCode,
        customer::Profile,
        customer_urn::Cell,
        environment::Environment,
        external_id::ExternalId,
        language::LanguageCode,
        quota::QuotaOverride,
        region::ClaimedRegion,
        scope::Scope,
        tenant::{JwtPolicy, TenantId},
        upsert::{Guard, IfTaken},
    },
    postgres::{
        api_keys::{self, NewKey},
        customers::PgCustomers,
        tenants::{self, NewTenant, TenantChange, TenantError},
    },
    sandbox::seed,
    service::{
        customers::{CustomersError, CustomersService},
        storage_error::StorageError,
    },
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Server, caller::caller, customers::in_germany};

/// Unique indexes that a test of this file runs into.
const TESTED: [&str; 8] = [
    "customers_pkey",
    "customers_tenant_id_external_id_key",
    "customers_tenant_id_email_key_key",
    "customers_tenant_id_phone_number_key",
    "tenants_pkey",
    "tenants_name_key",
    "tenant_domains_domain_key",
    "api_keys_tenant_id_fingerprint_key",
];

/// Unique indexes that nothing runs into, and why.
const UNREACHABLE: [(&str, &str); 15] = [
    ("tenant_domains_pkey", "adding a domain twice is no conflict: tested below to change nothing"),
    ("partner_customers_tenant_id_partner_id_key", "a partner's id that is taken: told in tests/api/partner"),
    ("partner_customers_pkey", "the number is the one the same transaction gave the customer"),
    ("customer_associations_pkey", "a reseller listed twice is refused before"),
    ("provider_customers_pkey", "provider instances come as the keys of an object, which are looked through"),
    ("resellers_pkey", "adding a reseller again gives it the new name"),
    ("provider_instances_pkey", "adding a provider instance again gives it the new name"),
    ("idempotency_records_pkey", "an expired record is removed first, and the claim keeps others away"),
    ("idempotency_mentions_pkey", "each customer is mentioned once, beside a record that is new"),
    ("api_keys_pkey", "the id is a random UUID made where the key is issued"),
    ("admin_events_pkey", "the id is a random UUID made for the event"),
    ("customer_events_pkey", "the id is a random UUID made for the event"),
    (
        "customer_events_tenant_id_customer_number_version_key",
        "the version comes from the row that the same statement holds locked",
    ),
    (
        "customer_events_tenant_id_position_key",
        "the position comes from the row that the same transaction holds locked",
    ),
    ("customer_feeds_pkey", "a feed that is there stays, or gets another name"),
];

/// Unique or referring without leading with the tenant, and why.
const NOT_LED_BY_TENANT: [(&str, &str); 1] =
    [("tenant_domains_domain_key", "a reference table: a domain belongs to one tenant of all")];

#[tokio::test]
async fn every_unique_index_is_accounted_for() {
    let server = Server::start().await;

    let found: BTreeSet<String> = sqlx::query_scalar(
        "select indexrelid::regclass::text from pg_index join pg_class on pg_class.oid = indrelid
         where indisunique and relnamespace = 'public'::regnamespace and relname <> '_sqlx_migrations'",
    )
    .fetch_all(&server.pool)
    .await
    .unwrap()
    .into_iter()
    .collect();

    let listed = TESTED.iter().chain(UNREACHABLE.iter().map(|(name, _)| name));
    assert_eq!(found, listed.map(|name| (*name).to_owned()).collect());
}

/// So that no tenant's value can collide with another's, and the tables can be sharded by tenant.
#[tokio::test]
async fn the_tenant_leads_every_unique_index_and_foreign_key() {
    let server = Server::start().await;

    let led_otherwise: Vec<String> = sqlx::query_scalar(
        "with tenant_column as (
             select attrelid, attnum from pg_attribute join pg_class on pg_class.oid = attrelid
             where attname = 'tenant_id' and relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
         )
         select indexrelid::regclass::text from pg_index join tenant_column on attrelid = indrelid
         where indisunique and indkey[0] <> attnum
         union all
         select conname::text from pg_constraint join tenant_column on attrelid = conrelid
         where contype = 'f' and conkey[1] <> attnum",
    )
    .fetch_all(&server.pool)
    .await
    .unwrap();

    assert_eq!(led_otherwise, NOT_LED_BY_TENANT.map(|(name, _)| name));
}

/// Also the side a foreign key points to is the tenant's own row.
#[tokio::test]
async fn a_foreign_key_between_tables_of_tenants_stays_within_the_tenant() {
    let server = Server::start().await;

    let leaving: Vec<String> = sqlx::query_scalar(
        "select conname::text from pg_constraint
         join pg_attribute on attrelid = confrelid and attnum = confkey[1]
         where contype = 'f' and connamespace = 'public'::regnamespace
           and attname <> 'tenant_id' and confrelid <> 'tenants'::regclass",
    )
    .fetch_all(&server.pool)
    .await
    .unwrap();

    assert!(leaving.is_empty(), "{leaving:?}");
}

#[tokio::test]
async fn a_taken_identity_is_a_conflict_that_names_the_field() {
    let server = Server::start().await;
    let whole =
        json!({ "externalIdentifier": "crm-1", "email": "a@example.com", "phoneNumber": "+491701234567" });
    server.acme.store(&in_germany(whole)).await;
    let other = server.acme.store(&in_germany(json!({ "externalIdentifier": "crm-2" }))).await.urn();

    let identities = [
        ("externalIdentifier", "crm-1", "CUSTOMER_ALREADY_STORED"),
        ("email", "A@EXAMPLE.com", "USER_WITH_SAME_EMAIL_EXISTS"),
        ("phoneNumber", "+49 170 1234567", "USER_WITH_SAME_PHONE_NUMBER_EXISTS"),
    ];
    for (field, value, code) in identities {
        let expected = [(format!("customer.{field}"), code.to_owned())];
        let mut new = json!({ "externalIdentifier": "crm-3" });
        new[field] = json!(value);
        let stored = server.acme.store(&in_germany(new)).await;
        assert_eq!(stored.outcome(), (409, code.to_owned()));
        assert_eq!(stored.errors(), expected);

        let updated =
            server.acme.update(&json!({ "customer": { "customerUrn": other, field: value } })).await;
        assert_eq!(updated.outcome(), (409, code.to_owned()));
        assert_eq!(updated.errors(), expected);
    }
}

#[tokio::test]
async fn a_number_that_is_taken_is_drawn_again() {
    static DRAWN: AtomicI64 = AtomicI64::new(0);
    // 7, 7, 8: the second customer meets the first one's number once.
    let numbers = || [7, 7, 8][usize::try_from(DRAWN.fetch_add(1, Ordering::SeqCst)).unwrap()];
    let server = Server::start().await;
    let customers = PgCustomers::new(server.connections.clone(), Cell::default(), numbers);

    let first = customers
        .store(&caller(seed::TENANT_ID), profile("crm-1"), Guard::default(), IfTaken::Fail)
        .await
        .unwrap();
    let second = customers
        .store(&caller(seed::TENANT_ID), profile("crm-2"), Guard::default(), IfTaken::Fail)
        .await
        .unwrap();

    let [first, second] = [first, second].map(|saved| saved.customer.urn.to_string());
    assert_eq!((first, second), ("cu.00.7".to_owned(), "cu.00.8".to_owned()));
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test]
async fn numbers_that_never_become_free_are_given_up_on() {
    let server = Server::start().await;
    let customers = PgCustomers::new(server.connections.clone(), Cell::default(), || 7);
    customers
        .store(&caller(seed::TENANT_ID), profile("crm-1"), Guard::default(), IfTaken::Fail)
        .await
        .unwrap();

    let refused = customers
        .store(&caller(seed::TENANT_ID), profile("crm-2"), Guard::default(), IfTaken::Fail)
        .await
        .unwrap_err();

    assert_eq!(refused, CustomersError::Storage(StorageError::Unavailable));
    assert_eq!(server.counts().await, (1, 1));
}

#[tokio::test]
async fn a_tenant_s_id_name_and_domain_are_its_own() {
    let server = Server::start().await;
    let globex = tenant("globex");
    tenants::create(&server.pool, &globex).await.unwrap();

    let same_id = NewTenant { id: globex.id, ..tenant("initech") };
    assert!(matches!(tenants::create(&server.pool, &same_id).await, Err(TenantError::IdTaken)));
    let same_name = NewTenant { name: globex.name.clone(), ..tenant("initech") };
    assert!(matches!(tenants::create(&server.pool, &same_name).await, Err(TenantError::NameTaken)));
    let same_domain = NewTenant { domain: globex.domain.clone(), ..tenant("initech") };
    assert!(matches!(tenants::create(&server.pool, &same_domain).await, Err(TenantError::DomainTaken)));

    tenants::create(&server.pool, &tenant("initech")).await.unwrap();
}

#[tokio::test]
async fn a_tenant_cannot_change_to_what_another_has() {
    let server = Server::start().await;
    let globex = tenant("globex");
    tenants::create(&server.pool, &globex).await.unwrap();
    let change = |change: TenantChange| {
        let pool = server.pool.clone();
        async move { tenants::change(&pool, globex.id, &change).await }
    };

    let renamed =
        change(TenantChange { name: Some(seed::TENANT_NAME.to_owned()), ..Default::default() }).await;
    assert!(matches!(renamed, Err(TenantError::NameTaken)));
    let moved =
        change(TenantChange { domain: Some(seed::TENANT_DOMAIN.to_owned()), ..Default::default() }).await;
    assert!(matches!(moved, Err(TenantError::DomainTaken)));

    let own = change(TenantChange { domain: Some(globex.domain.clone()), ..Default::default() }).await;
    assert!(own.is_ok(), "a domain it has already");
    let found = tenants::find(&server.pool, "globex").await.unwrap().unwrap();
    assert_eq!(found.domains, [globex.domain]);
}

#[tokio::test]
async fn a_key_that_is_issued_again_stays_as_it_is() {
    let server = Server::start().await;
    let key = ApiKey::generate(Environment::Sandbox);
    let first = issue(&server.pool, &key, &[Scope::CustomerRead]).await;

    let again = issue(&server.pool, &key, Scope::ALL).await;

    assert!(api_keys::find(&server.pool, again).await.unwrap().is_none());
    assert_eq!(api_keys::find(&server.pool, first).await.unwrap().unwrap().scopes, ["customer.read"]);
}

async fn issue(pool: &PgPool, key: &ApiKey, scopes: &[Scope]) -> KeyId {
    let id = KeyId(Uuid::now_v7());
    let scopes = scopes.to_vec();
    let new = NewKey { tenant: seed::TENANT_ID, id, key, name: "test", scopes, expires_at: None };
    api_keys::issue(pool, &new).await.unwrap();
    id
}

fn tenant(name: &str) -> NewTenant {
    NewTenant {
        id: TenantId(Uuid::new_v4()),
        name: name.to_owned(),
        domain: format!("{name}.example.com"),
        jwt: JwtPolicy::Optional,
        required: Vec::new(),
        channels: Vec::new(),
        rate: QuotaOverride(None),
        burst: QuotaOverride(None),
    }
}

fn profile(external_id: &str) -> Profile {
    let (country, language) = (CountryCode::parse("DE").unwrap(), LanguageCode::parse("de").unwrap());
    Profile::new(ExternalId::parse(external_id).unwrap(), ClaimedRegion { country, language })
}
