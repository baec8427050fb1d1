//! The claims of a token: those that decide everywhere by their types, the others as they came.
//!
//! A claim is read only where it decides. What an issuer puts into a claim that a surface does not use is no fault.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Number, Value};
use uuid::Uuid;

use super::{jwt_settings::JwtSettings, refusal::Refusal};
use crate::domain::{scope::Scope, tenant::TenantId};

/// The role, as tokens name it.
pub const CSP: &str = "csp";
/// The role, as tokens name it; such a token says which reseller it is of.
pub const RESELLER: &str = "reseller";

const LEEWAY_SECONDS: f64 = 30.0;
/// 31 December 9999: what lies beyond is no date of a token.
const MAX_SECONDS: f64 = 253_402_300_799.0;

/// The claims as sent. A claim that is sent twice is refused by the parser.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    exp: NumericDate,
    iat: NumericDate,
    #[serde(default)]
    nbf: Option<NumericDate>,
    /// The tenant.
    tn: String,
    #[serde(default)]
    roles: Value,
    #[serde(default)]
    reseller_id: Value,
    /// Separated by spaces (RFC 8693, 4.2).
    #[serde(default)]
    scope: Value,
}

/// Seconds since 1970 as a JSON number, fractions and exponents included (RFC 7519, 2).
#[derive(Clone, Copy)]
struct NumericDate(f64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = Number::deserialize(deserializer)?.as_f64();
        let date = seconds.filter(|seconds| seconds.abs() <= MAX_SECONDS).map(Self);
        date.ok_or_else(|| D::Error::custom("no date"))
    }
}

/// A token that was verified.
#[derive(Clone)]
pub struct Token {
    pub tenant: TenantId,
    pub subject: String,
    roles: Value,
    reseller: Value,
    scope: Value,
}

impl Claims {
    /// Who issued it, and the rules that go by our clock: the library would take a list of issuers too.
    pub fn into_token(self, settings: &JwtSettings, now: DateTime<Utc>) -> Result<Token, Refusal> {
        let Self { iss, sub, exp, iat, nbf, tn, roles, reseller_id, scope } = self;
        if iss != settings.issuer {
            return Err(Refusal::TokenIssuer);
        }
        let now = now.timestamp() as f64;
        let starts_later = |start: NumericDate| start.0 > now + LEEWAY_SECONDS;
        if starts_later(iat) || nbf.is_some_and(starts_later) {
            return Err(Refusal::TokenNotYetValid);
        }
        if exp.0 < now - LEEWAY_SECONDS {
            return Err(Refusal::TokenExpired);
        }
        let lifetime = exp.0 - iat.0;
        if lifetime <= 0.0 || lifetime > settings.max_lifetime_s as f64 {
            return Err(Refusal::TokenLifetime);
        }
        let tenant = TenantId::parse(&tn).map_err(|_| Refusal::TokenClaims)?;
        if sub.is_empty() {
            return Err(Refusal::TokenClaims);
        }
        Ok(Token { tenant, subject: sub, roles, reseller: reseller_id, scope })
    }
}

impl Token {
    /// Roles are spelled exactly. One role may be a string; no other shape names any.
    pub fn has_role(&self, role: &str) -> bool {
        match &self.roles {
            Value::String(only) => only == role,
            Value::Array(roles) => {
                roles.iter().all(Value::is_string) && roles.iter().any(|held| held == role)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        }
    }

    /// Which reseller acts.
    pub fn reseller(&self) -> Option<Uuid> {
        self.reseller.as_str().and_then(|id| Uuid::try_parse(id).ok())
    }

    /// `None`: the token does not speak of scopes, and limits none. Names it does not know count for nothing.
    pub fn scopes(&self) -> Result<Option<Vec<Scope>>, Refusal> {
        match &self.scope {
            Value::Null => Ok(None),
            Value::String(names) => Ok(Some(names.split(' ').filter_map(|name| name.parse().ok()).collect())),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(Refusal::TokenClaims)
            }
        }
    }
}
