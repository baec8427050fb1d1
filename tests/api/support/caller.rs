//! A caller as authentication would leave it, for tests that call a service themselves.

use std::sync::Arc;

use azotte_customers::domain::{
    caller::{Actor, Caller, KeyId},
    correlation_id::CorrelationId,
    quota::TenantQuota,
    scope::Scope,
    tenant::{JwtPolicy, Tenant, TenantId},
};
use uuid::Uuid;

/// Of this tenant, with every scope.
pub fn caller(tenant: TenantId) -> Caller {
    let tenant = Tenant {
        id: tenant,
        suspended: false,
        jwt: JwtPolicy::Optional,
        required: Vec::new(),
        channels: Vec::new(),
        quota: TenantQuota::default(),
    };
    Caller {
        tenant: Arc::new(tenant),
        actor: Actor::Key(KeyId(Uuid::nil())),
        scopes: Scope::ALL.to_vec(),
        correlation_id: CorrelationId::mint(),
    }
}
