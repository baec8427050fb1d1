//! Tenants, as operators manage them. Every write adds an `admin_events` row and notifies the servers.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use crate::domain::{
    attribute::Attribute,
    channel::Channel,
    feed::FeedId,
    quota::QuotaOverride,
    tenant::{JwtPolicy, TenantId},
};
use crate::postgres::{
    feed::open,
    notify,
    tenant_conflicts::{Claim, explain},
};

/// A tenant as stored, with its domains in alphabetical order.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    pub id: Uuid,
    pub name: String,
    pub domains: Vec<String>,
    pub jwt_required: bool,
    pub required_fields: Vec<String>,
    pub payment_channels: Vec<String>,
    pub requests_per_second: Option<i32>,
    pub request_burst: Option<i32>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A tenant to create.
#[derive(Clone, Debug)]
pub struct NewTenant {
    pub id: TenantId,
    pub name: String,
    /// Lower case.
    pub domain: String,
    pub jwt: JwtPolicy,
    pub required: Vec<Attribute>,
    pub channels: Vec<Channel>,
    pub rate: QuotaOverride,
    pub burst: QuotaOverride,
}

/// What `set` changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct TenantChange {
    pub name: Option<String>,
    /// One more domain, lower case.
    pub domain: Option<String>,
    pub jwt: Option<JwtPolicy>,
    pub required: Option<Vec<Attribute>>,
    pub channels: Option<Vec<Channel>>,
    pub rate: Option<QuotaOverride>,
    pub burst: Option<QuotaOverride>,
}

#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error("a tenant with this id exists")]
    IdTaken,
    #[error("a tenant with this name exists")]
    NameTaken,
    #[error("this domain belongs to a tenant already")]
    DomainTaken,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub async fn create(pool: &PgPool, tenant: &NewTenant) -> Result<(), TenantError> {
    match insert(pool, tenant).await {
        Ok(()) => Ok(()),
        Err(error) => Err(explain(pool, error, &Claim::of_new(tenant)).await),
    }
}

async fn insert(pool: &PgPool, tenant: &NewTenant) -> Result<(), sqlx::Error> {
    let NewTenant { id, name, domain, jwt, required, channels, rate, burst } = tenant;
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"
        with tenant as (
            insert into tenants (
                id, name, jwt_required, required_fields, payment_channels, requests_per_second, request_burst
            )
            values ($1, $2, $3, $4, $5, $8, $9)
            returning id
        ),
        event as (
            insert into admin_events (tenant_id, id, kind, subject)
            select id, $6, 'tenant.created', id::text
            from tenant
        )
        insert into tenant_domains (tenant_id, domain)
        select id, $7
        from tenant
        "#,
        id.0,
        name,
        jwt.is_required(),
        &names(required),
        &names(channels),
        Uuid::now_v7(),
        domain,
        rate.stored(),
        burst.stored(),
    )
    .execute(&mut *transaction)
    .await?;
    // Apart: on Citus it is another kind of table.
    open::open(&mut transaction, *id, FeedId::generate()).await?;
    notify::credentials_changed(&mut *transaction).await?;
    transaction.commit().await
}

pub async fn list(pool: &PgPool) -> Result<Vec<TenantRecord>, sqlx::Error> {
    records(pool, None).await
}

/// By id or by name, as operators type it; the id wins.
pub async fn find(pool: &PgPool, id_or_name: &str) -> Result<Option<TenantRecord>, sqlx::Error> {
    records(pool, Some(id_or_name)).await.map(|found| found.into_iter().next())
}

/// All of them, or those with this id or name.
async fn records(pool: &PgPool, id_or_name: Option<&str>) -> Result<Vec<TenantRecord>, sqlx::Error> {
    sqlx::query_as!(
        TenantRecord,
        r#"
        select
            id,
            name,
            array(
                select domain from tenant_domains where tenant_id = tenants.id order by domain
            ) as "domains!",
            jwt_required,
            required_fields,
            payment_channels,
            requests_per_second,
            request_burst,
            suspended_at,
            created_at
        from tenants
        where $2::text is null
           or id = $1
           or name = $2
        order by id = $1 desc nulls last, name
        "#,
        id_or_name.and_then(|text| TenantId::parse(text).ok()).map(|id| id.0),
        id_or_name,
    )
    .fetch_all(pool)
    .await
}

/// Suspends (`true`) or resumes. A second time changes nothing and writes no event.
pub async fn set_suspended(pool: &PgPool, tenant: TenantId, suspended: bool) -> Result<(), TenantError> {
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"
        with changed as (
            update tenants
            -- The time, or null where resumed. Citus takes no time in a case.
            set suspended_at = date_bin(nullif($2::int, 0) * interval '1 microsecond', now(), timestamptz 'epoch')
            where id = $1
              and (suspended_at is not null) <> $2
            returning id
        )
        insert into admin_events (tenant_id, id, kind, subject)
        select id, $3, case when $2 then 'tenant.suspended' else 'tenant.resumed' end, id::text
        from changed
        "#,
        tenant.0,
        suspended,
        Uuid::now_v7(),
    )
    .execute(&mut *transaction)
    .await?;
    notify::credentials_changed(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub async fn change(pool: &PgPool, tenant: TenantId, change: &TenantChange) -> Result<(), TenantError> {
    match update(pool, tenant, change).await {
        Ok(()) => Ok(()),
        Err(error) => Err(explain(pool, error, &Claim::of_change(tenant, change)).await),
    }
}

async fn update(pool: &PgPool, tenant: TenantId, change: &TenantChange) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    update_settings(&mut transaction, tenant, change).await?;
    if let Some(domain) = &change.domain {
        add_domain(&mut transaction, tenant, domain).await?;
    }
    notify::credentials_changed(&mut *transaction).await?;
    transaction.commit().await
}

async fn update_settings(
    transaction: &mut PgTransaction<'_>,
    tenant: TenantId,
    change: &TenantChange,
) -> Result<(), sqlx::Error> {
    let required = change.required.as_deref().map(names);
    let channels = change.channels.as_deref().map(names);
    sqlx::query!(
        r#"
        with changed as (
            update tenants
            set name = coalesce($2, name),
                jwt_required = coalesce($3, jwt_required),
                required_fields = coalesce($4, required_fields),
                payment_channels = coalesce($5, payment_channels),
                requests_per_second = case when $8 then $9 else requests_per_second end,
                request_burst = case when $10 then $11 else request_burst end
            where id = $1
            returning id
        )
        insert into admin_events (tenant_id, id, kind, subject, details)
        select id, $6, 'tenant.changed', id::text, $7
        from changed
        "#,
        tenant.0,
        change.name,
        change.jwt.map(JwtPolicy::is_required),
        required.as_deref(),
        channels.as_deref(),
        Uuid::now_v7(),
        &change.touched(),
        change.rate.is_some(),
        change.rate.and_then(QuotaOverride::stored),
        change.burst.is_some(),
        change.burst.and_then(QuotaOverride::stored),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Adding a domain the tenant has already changes nothing.
async fn add_domain(
    transaction: &mut PgTransaction<'_>,
    tenant: TenantId,
    domain: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into tenant_domains (tenant_id, domain)
        values ($1, $2)
        on conflict (tenant_id, domain) do nothing
        "#,
        tenant.0,
        domain,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

impl TenantChange {
    pub fn is_empty(&self) -> bool {
        self.touched().is_empty()
    }

    fn touched(&self) -> Vec<String> {
        let Self { name, domain, jwt, required, channels, rate, burst } = self;
        let settings = [
            ("name", name.is_some()),
            ("domain", domain.is_some()),
            ("jwt", jwt.is_some()),
            ("require", required.is_some()),
            ("channels", channels.is_some()),
            ("rate", rate.is_some()),
            ("burst", burst.is_some()),
        ];
        settings.iter().filter(|(_, touched)| *touched).map(|(name, _)| (*name).to_owned()).collect()
    }
}

/// Names as the array columns hold them.
pub(super) fn names<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

/// The values of an array column. A name that this version does not know is skipped: it grants and requires nothing.
pub(super) fn parse_known<T: FromStr>(names: &[String]) -> Vec<T> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

pub(super) fn channels(names: Vec<String>) -> Vec<Channel> {
    names.into_iter().map(Channel::from_stored).collect()
}
