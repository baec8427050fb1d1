//! Keys and tenants, as authentication reads them.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use tokio::sync::broadcast;

use crate::domain::{
    api_key::KeyFingerprint,
    caller::KeyId,
    quota::TenantQuota,
    tenant::{Tenant, TenantId},
    tenant_domain::TenantDomain,
};
use crate::postgres::{
    deadline::within,
    pool::Pool,
    tenants::{TenantRecord, channels, parse_known},
};
use crate::service::{
    credentials::{AddressedTenant, Credentials, CredentialsChanged, KeyCredential, KeyUse},
    storage_error::StorageError,
};

/// Connections for look-ups. They are not the tenants': whoever makes up keys must not keep those from the database.
pub const CONNECTIONS: u32 = 2;

pub struct PgCredentials {
    pool: Pool,
    changes: broadcast::Sender<CredentialsChanged>,
}

impl PgCredentials {
    pub fn new(pool: Pool, changes: broadcast::Sender<CredentialsChanged>) -> Self {
        Self { pool, changes }
    }

    async fn look_up<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StorageError> + Clone,
    ) -> Result<T, StorageError> {
        within(self.pool.limits().look_up(), self.pool.lend(work)).await?
    }
}

#[async_trait]
impl Credentials for PgCredentials {
    async fn find_key(
        &self,
        tenant: TenantId,
        fingerprint: &KeyFingerprint,
    ) -> Result<Option<KeyCredential>, StorageError> {
        self.look_up(async |connection| find_key(connection, tenant, fingerprint).await).await
    }

    async fn find_tenant(&self, tenant: TenantId) -> Result<Option<AddressedTenant>, StorageError> {
        self.look_up(async |connection| find_tenant(connection, tenant).await).await
    }

    async fn note_use(&self, uses: Vec<KeyUse>) -> Result<(), StorageError> {
        self.look_up(async |connection| note_use(connection, &uses).await).await
    }

    fn changes(&self) -> broadcast::Receiver<CredentialsChanged> {
        self.changes.subscribe()
    }
}

#[tracing::instrument(name = "credentials.find_key", skip_all)]
async fn find_key(
    connection: &mut PgConnection,
    tenant: TenantId,
    fingerprint: &KeyFingerprint,
) -> Result<Option<KeyCredential>, StorageError> {
    let row = sqlx::query!(
        r#"
        select
            api_keys.id,
            api_keys.fingerprint,
            api_keys.scopes,
            api_keys.expires_at,
            api_keys.revoked_at is not null as "revoked!",
            tenants.suspended_at is not null as "suspended!",
            tenants.jwt_required,
            tenants.required_fields,
            tenants.payment_channels,
            tenants.requests_per_second,
            tenants.request_burst
        from api_keys
        join tenants on tenants.id = api_keys.tenant_id
        where api_keys.tenant_id = $1
          and api_keys.fingerprint = $2
        "#,
        tenant.0,
        fingerprint.as_bytes(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| KeyCredential {
        id: KeyId(row.id),
        fingerprint: row.fingerprint,
        scopes: parse_known(&row.scopes),
        expires_at: row.expires_at,
        revoked: row.revoked,
        tenant: Arc::new(
            TenantColumns {
                suspended: row.suspended,
                jwt_required: row.jwt_required,
                required_fields: row.required_fields,
                payment_channels: row.payment_channels,
                requests_per_second: row.requests_per_second,
                request_burst: row.request_burst,
            }
            .into_tenant(tenant),
        ),
    }))
}

#[tracing::instrument(name = "credentials.find_tenant", skip_all)]
async fn find_tenant(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<AddressedTenant>, StorageError> {
    let row = sqlx::query!(
        r#"
        select
            tenants.suspended_at is not null as "suspended!",
            tenants.jwt_required,
            tenants.required_fields,
            tenants.payment_channels,
            tenants.requests_per_second,
            tenants.request_burst,
            array(
                select tenant_domains.domain
                from tenant_domains
                where tenant_domains.tenant_id = $1
            ) as "domains!"
        from tenants
        where tenants.id = $1
        "#,
        tenant.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| AddressedTenant {
        domains: row.domains.iter().filter_map(|domain| TenantDomain::parse(domain)).collect(),
        tenant: Arc::new(
            TenantColumns {
                suspended: row.suspended,
                jwt_required: row.jwt_required,
                required_fields: row.required_fields,
                payment_channels: row.payment_channels,
                requests_per_second: row.requests_per_second,
                request_burst: row.request_burst,
            }
            .into_tenant(tenant),
        ),
    }))
}

async fn note_use(connection: &mut PgConnection, uses: &[KeyUse]) -> Result<(), StorageError> {
    let tenants: Vec<_> = uses.iter().map(|used| used.tenant.0).collect();
    let keys: Vec<_> = uses.iter().map(|used| used.key.0).collect();
    let times: Vec<_> = uses.iter().map(|used| used.at).collect();
    sqlx::query!(
        r#"
        update api_keys
        set last_used_at = used.at
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as used (tenant_id, id, at)
        where api_keys.tenant_id = used.tenant_id
          and api_keys.id = used.id
          and (api_keys.last_used_at is null or api_keys.last_used_at < used.at)
        "#,
        &tenants,
        &keys,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns of `tenants` that a request needs.
struct TenantColumns {
    suspended: bool,
    jwt_required: bool,
    required_fields: Vec<String>,
    payment_channels: Vec<String>,
    requests_per_second: Option<i32>,
    request_burst: Option<i32>,
}

impl TenantRecord {
    /// The tenant as it is to a request.
    pub fn rules(&self) -> Tenant {
        let columns = TenantColumns {
            suspended: self.suspended_at.is_some(),
            jwt_required: self.jwt_required,
            required_fields: self.required_fields.clone(),
            payment_channels: self.payment_channels.clone(),
            requests_per_second: self.requests_per_second,
            request_burst: self.request_burst,
        };
        columns.into_tenant(TenantId(self.id))
    }
}

impl TenantColumns {
    fn into_tenant(self, id: TenantId) -> Tenant {
        let Self {
            suspended,
            jwt_required,
            required_fields,
            payment_channels,
            requests_per_second,
            request_burst,
        } = self;
        Tenant {
            id,
            suspended,
            jwt: jwt_required.into(),
            required: parse_known(&required_fields),
            channels: channels(payment_channels),
            quota: TenantQuota::from_stored(requests_per_second, request_burst),
        }
    }
}
