//! The caller of a request: its tenant, its credential, what it may do, and the request itself.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{
    correlation_id::CorrelationId,
    partner::ResellerId,
    scope::Scope,
    tenant::{Tenant, TenantId},
    uuid_ids::uuid_ids,
};

uuid_ids! {
    /// The id of an API key: not secret, shown by `key list`, kept in the audit trail.
    KeyId;
}

/// What the audit trail names as the author of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Key(KeyId),
    Subject(Subject),
    /// Whoever may run commands beside the database.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Subject(subject) => write!(f, "token:{subject}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// The subject of a token as the audit trail may name it: its UUID, or a digest of any other text, which may be an
/// e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Id(Uuid),
    Digest([u8; 8]),
}

impl Subject {
    pub fn new(tenant: TenantId, subject: &str) -> Self {
        Uuid::try_parse(subject).map_or_else(|_| Self::Digest(digest(tenant, subject)), Self::Id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Digest(digest) => digest.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

fn digest(tenant: TenantId, subject: &str) -> [u8; 8] {
    let digest = Sha256::digest(format!("{tenant}/{subject}"));
    std::array::from_fn(|index| digest[index])
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

/// A caller of the partner API, with the role it acts in.
#[derive(Clone, Debug)]
pub struct PartnerCaller {
    pub caller: Caller,
    pub role: PartnerRole,
}

/// What a partner may see: a CSP all customers of its tenant, a reseller those related to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerRole {
    Csp,
    Reseller(ResellerId),
}

impl PartnerRole {
    /// The only reseller whose customers are visible; `None`: all customers are.
    pub fn visible_reseller(self) -> Option<ResellerId> {
        match self {
            Self::Csp => None,
            Self::Reseller(id) => Some(id),
        }
    }
}
