//! Who calls: the tenant, the credential, what it may do, and the request it does it in.

use std::{fmt, sync::Arc};

use uuid::Uuid;

use crate::domain::{
    correlation_id::CorrelationId,
    scope::Scope,
    tenant::{Tenant, TenantId},
};

/// The id of an API key: not secret, shown by `key list`, kept in the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub Uuid);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the audit trail names as the author of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Key(KeyId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key:{id}"),
        }
    }
}

/// An authenticated caller within one request.
#[derive(Clone, Debug)]
pub struct Caller {
    pub tenant: Arc<Tenant>,
    pub actor: Actor,
    pub scopes: Vec<Scope>,
    pub correlation_id: CorrelationId,
}

impl Caller {
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
