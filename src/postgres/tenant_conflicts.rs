//! What a tenant was refused for, found by a look-up.
//!
//! Not by the name of the constraint in the error: it is not the same in every database, because Citus adds the number of a
//! shard to it.

use sqlx::PgPool;

use super::{
    error::is_unique_violation,
    tenants::{NewTenant, TenantChange, TenantError},
};
use crate::domain::tenant::TenantId;

/// What a tenant asks for that no other may have.
pub(super) struct Claim<'a> {
    tenant: TenantId,
    is_new: bool,
    name: Option<&'a str>,
    domain: Option<&'a str>,
}

impl<'a> Claim<'a> {
    pub fn of_new(tenant: &'a NewTenant) -> Self {
        Self { tenant: tenant.id, is_new: true, name: Some(&tenant.name), domain: Some(&tenant.domain) }
    }

    pub fn of_change(tenant: TenantId, change: &'a TenantChange) -> Self {
        Self { tenant, is_new: false, name: change.name.as_deref(), domain: change.domain.as_deref() }
    }
}

pub(super) async fn explain(pool: &PgPool, error: sqlx::Error, claim: &Claim<'_>) -> TenantError {
    if !is_unique_violation(&error) {
        return TenantError::Database(error);
    }
    match taken(pool, claim).await {
        Ok(Taken { id: true, .. }) if claim.is_new => TenantError::IdTaken,
        Ok(Taken { name: true, .. }) => TenantError::NameTaken,
        Ok(Taken { domain: true, .. }) => TenantError::DomainTaken,
        // Whoever had it has given it up since.
        Ok(Taken { id: _, name: false, domain: false }) | Err(_) => TenantError::Database(error),
    }
}

struct Taken {
    id: bool,
    name: bool,
    domain: bool,
}

/// By this tenant, or by others.
async fn taken(pool: &PgPool, claim: &Claim<'_>) -> Result<Taken, sqlx::Error> {
    sqlx::query_as!(
        Taken,
        r#"
        select
            exists (select from tenants where id = $1) as "id!",
            exists (select from tenants where name = $2 and id <> $1) as "name!",
            exists (select from tenant_domains where domain = $3 and tenant_id <> $1) as "domain!"
        "#,
        claim.tenant.0,
        claim.name,
        claim.domain,
    )
    .fetch_one(pool)
    .await
}
