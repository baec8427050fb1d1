//! The tenant of the upstream documents' samples, so that they run unchanged. Never where keys are live.

use sqlx::PgPool;
use uuid::uuid;

use crate::domain::{
    api_key::{ApiKey, SAMPLE_KEY},
    caller::KeyId,
    channel::Channel,
    environment::Environment,
    quota::QuotaOverride,
    scope::Scope,
    tenant::{JwtPolicy, TenantId},
};
use crate::postgres::{
    api_keys::{self, NewKey},
    tenants::{self, NewTenant, TenantError},
};

pub const TENANT_ID: TenantId = TenantId(uuid!("e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"));
pub const TENANT_NAME: &str = "acme";
pub const TENANT_DOMAIN: &str = "acme.sandbox.azotte.com";
const KEY_ID: KeyId = KeyId(uuid!("019307a0-0000-7000-8000-000000000001"));

/// Creates the tenant and its key where they are missing; what operators changed since stays.
pub async fn sandbox_tenant(pool: &PgPool) -> Result<(), TenantError> {
    match tenants::create(pool, &tenant()).await {
        Ok(()) | Err(TenantError::IdTaken | TenantError::NameTaken) => {}
        Err(error) => return Err(error),
    }
    let Some(key) = ApiKey::parse(SAMPLE_KEY, Environment::Sandbox) else { return Ok(()) };
    let new = NewKey {
        tenant: TENANT_ID,
        id: KEY_ID,
        key: &key,
        name: "sample key of the documents",
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
    };
    Ok(api_keys::issue(pool, &new).await?)
}

fn tenant() -> NewTenant {
    NewTenant {
        id: TENANT_ID,
        name: TENANT_NAME.to_owned(),
        domain: TENANT_DOMAIN.to_owned(),
        jwt: JwtPolicy::Optional,
        required: Vec::new(),
        channels: ["CARD", "SEPA"].map(|name| Channel::from_stored(name.to_owned())).to_vec(),
        rate: QuotaOverride(None),
        burst: QuotaOverride(None),
    }
}
