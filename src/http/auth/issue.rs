//! Tokens that this program signs itself: for trying things out, and for the page of the sandbox.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, encode};
use serde::Serialize;
use uuid::Uuid;

use super::{jwt_keys::KeySet, jwt_settings::JwtSettings, surface::Surface};
use crate::domain::tenant::TenantId;

/// The claims of a token of ours.
#[derive(Serialize)]
pub struct IssuedClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub exp: i64,
    pub iat: i64,
    /// The tenant.
    pub tn: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<Uuid>,
    /// Separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl IssuedClaims {
    /// Of a token for `tenant` on `surface`, valid from `now` on for `seconds`; without a role, and with all scopes.
    pub fn new(
        settings: &JwtSettings,
        surface: Surface,
        tenant: TenantId,
        subject: &str,
        now: DateTime<Utc>,
        seconds: i64,
    ) -> Self {
        let now = now.timestamp();
        Self {
            iss: settings.issuer.clone(),
            aud: settings.audiences.of(surface).to_owned(),
            sub: subject.to_owned(),
            exp: now + seconds,
            iat: now,
            tn: tenant.to_string(),
            roles: Vec::new(),
            reseller_id: None,
            scope: None,
        }
    }
}

/// Signs `claims`; `None` where the keys only verify. A pinned `typ` of access tokens is what they say.
pub fn sign(keys: &KeySet, settings: &JwtSettings, claims: &IssuedClaims) -> Option<String> {
    let signing = keys.signing()?;
    let mut header = Header { kid: Some(signing.id.clone()), ..Header::new(signing.algorithm) };
    if let Some(pinned) = settings.token_type {
        header.typ = Some(pinned.as_str().to_owned());
    }
    encode(&header, claims, &signing.key).ok()
}
