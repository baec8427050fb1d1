//! Why credentials are refused: for the log and the metric, never for the answer.
//!
//! Every 401 of a surface is the same, byte for byte, and so is every 403 of the partner API.

use axum::response::Response;
use strum::{IntoStaticStr, VariantArray};

use super::surface::Surface;
use crate::domain::tenant::TenantId;
use crate::http::{failure::Failure, frame::exchange::RefusedFor};
use crate::service::{credentials::KeyFault, storage_error::StorageError};
use crate::telemetry::metrics;

/// One check that did not pass. The name, in snake case, is the label of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// `x-api-key` is absent, or sent twice.
    NoKey,
    /// Mistyped, or of the other environment.
    MalformedKey,
    /// Unknown, or of another tenant than `x-tn` names.
    UnknownKey,
    RevokedKey,
    ExpiredKey,
    /// `x-tn` is absent, sent twice or no UUID.
    NoTenant,
    SuspendedTenant,
    /// There is no token, and one is needed.
    NoToken,
    /// `Authorization` is no bearer token, or the token is none.
    MalformedToken,
    /// This server has no keys for tokens.
    NoTokenKeys,
    TokenType,
    /// The token asks for extensions (`crit`).
    TokenExtension,
    /// No key with its `kid` and `alg`.
    TokenKey,
    TokenSignature,
    TokenIssuer,
    /// Meant for another service, or for the other surface.
    TokenAudience,
    /// A claim that decides is missing or of another type.
    TokenClaims,
    TokenNotYetValid,
    TokenExpired,
    TokenLifetime,
    /// The token is of another tenant than the key.
    TokenTenant,
    /// No role that this surface knows, or no role for what was asked.
    Role,
    /// The key or the token lacks the scope.
    Scope,
    /// `X-Tenant` is absent, sent twice, no domain, or not of the token's tenant.
    TenantDomain,
}

impl Refusal {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Shows each reason in the metrics before it happens.
    pub fn announce_all() {
        for surface in [Surface::C2a, Surface::Partner] {
            for refusal in Self::VARIANTS {
                let status = refusal.failure().status().as_u16();
                metrics::announce_auth_failure(surface.as_str(), status, refusal.as_str());
            }
        }
    }

    /// What the caller is told.
    pub fn failure(self) -> Failure {
        match self {
            Self::Role | Self::Scope | Self::TenantDomain => Failure::Forbidden,
            Self::NoKey
            | Self::MalformedKey
            | Self::UnknownKey
            | Self::RevokedKey
            | Self::ExpiredKey
            | Self::NoTenant
            | Self::SuspendedTenant
            | Self::NoToken
            | Self::MalformedToken
            | Self::NoTokenKeys
            | Self::TokenType
            | Self::TokenExtension
            | Self::TokenKey
            | Self::TokenSignature
            | Self::TokenIssuer
            | Self::TokenAudience
            | Self::TokenClaims
            | Self::TokenNotYetValid
            | Self::TokenExpired
            | Self::TokenLifetime
            | Self::TokenTenant => Failure::Unauthenticated,
        }
    }
}

impl From<KeyFault> for Refusal {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Revoked => Self::RevokedKey,
            KeyFault::Expired => Self::ExpiredKey,
            KeyFault::TenantSuspended => Self::SuspendedTenant,
        }
    }
}

/// Why there is no caller: it was refused, or the database could not be asked.
#[derive(Clone, Copy, Debug)]
pub enum NoCaller {
    Refused {
        refusal: Refusal,
        /// Where a credential was verified and yet does not fit: whose quota the call counts against.
        verified: Option<TenantId>,
    },
    Unknown(StorageError),
}

impl NoCaller {
    pub fn verified(&self) -> Option<TenantId> {
        match self {
            Self::Refused { refusal: _, verified } => *verified,
            Self::Unknown(_) => None,
        }
    }

    /// The answer of the surface, which says it by `refuse`. A refusal is counted, and its reason goes to the log line.
    pub fn respond(self, surface: Surface, refuse: fn(Failure) -> Response) -> Response {
        match self {
            Self::Refused { refusal, verified: _ } => {
                let mut response = refuse(refusal.failure());
                metrics::auth_failure(surface.as_str(), response.status().as_u16(), refusal.as_str());
                response.extensions_mut().insert(RefusedFor(refusal.as_str()));
                response
            }
            Self::Unknown(error) => refuse(error.into()),
        }
    }
}

impl From<Refusal> for NoCaller {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, verified: None }
    }
}

impl From<StorageError> for NoCaller {
    fn from(error: StorageError) -> Self {
        Self::Unknown(error)
    }
}
