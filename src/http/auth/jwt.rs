//! Tokens (RFC 7519), verified as RFC 8725 asks: the algorithm, the issuer, the audience and the type are ours
//! to say, and nothing a token points to is ever fetched.
//!
//! The library takes a token without `aud` or `iss` unless told otherwise, so each of those is told here, and the
//! claims are typed. What depends on the time is ours to check: the library knows only the machine's clock.

use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::jwt_keys::{KeyError, KeySet, KeySource, is_key_id};
use crate::domain::{clock::SharedClock, scope::Scope, tenant::TenantId};
use crate::http::headers::single;

const MAX_TOKEN_BYTES: usize = 4 * 1024;
const LEEWAY_SECONDS: i64 = 30;
/// The longest a token may be good for: `exp` − `iat`.
pub const MAX_LIFETIME_SECONDS: i64 = 60 * 60;
const TYPE: &str = "JWT";
/// The role, as tokens name it.
pub const CSP: &str = "csp";

/// Who may issue tokens for this service, and with which keys.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    pub issuer: String,
    pub audience: String,
    pub keys: KeySource,
}

impl JwtSettings {
    /// Of a token for `tenant`, valid from `now` on for `seconds`; without a role, and with all scopes.
    pub fn claims(&self, tenant: TenantId, subject: String, now: DateTime<Utc>, seconds: i64) -> Claims {
        let now = now.timestamp();
        Claims {
            iss: self.issuer.clone(),
            aud: Audience::One(self.audience.clone()),
            sub: subject,
            exp: now + seconds,
            iat: now,
            nbf: None,
            tn: tenant.to_string(),
            roles: Vec::new(),
            reseller_id: None,
            scope: None,
        }
    }
}

/// A token that was verified.
#[derive(Clone)]
pub struct Token {
    pub tenant: TenantId,
    pub subject: String,
    pub roles: Vec<String>,
    pub reseller: Option<Uuid>,
    /// `None`: the token does not speak of scopes, and limits none.
    pub scopes: Option<Vec<Scope>>,
}

/// What is wrong with a token is for nobody to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The claims of a token, by their types. `aud` is a string or strings.
#[derive(Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: Audience,
    pub sub: String,
    pub exp: i64,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The tenant.
    pub tn: String,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<Uuid>,
    /// Separated by spaces (RFC 8693, 4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Verifies tokens with keys that can be replaced while it works. Without settings it refuses every token.
pub struct TokenVerifier {
    settings: Option<JwtSettings>,
    keys: RwLock<Option<Arc<KeySet>>>,
    clock: SharedClock,
}

impl TokenVerifier {
    pub fn new(settings: Option<JwtSettings>, clock: SharedClock) -> Result<Self, KeyError> {
        let keys = settings.as_ref().map(|settings| KeySet::load(&settings.keys)).transpose()?;
        Ok(Self { settings, keys: RwLock::new(keys.map(Arc::new)), clock })
    }

    /// Reads the keys again; the old ones stay where the new ones cannot be used.
    pub fn reload(&self) -> Result<(), KeyError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        let fresh = Arc::new(KeySet::load(&settings.keys)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(())
    }

    pub fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token for a CSP of `tenant`, good as long as a token may be; `None` where there is nothing to sign with.
    pub fn sign_for_csp(&self, tenant: TenantId, subject: &str) -> Option<String> {
        let (settings, keys) = self.settings.as_ref().zip(self.keys())?;
        let claims = settings.claims(tenant, subject.to_owned(), self.clock.now(), MAX_LIFETIME_SECONDS);
        sign(&keys, &Claims { roles: vec![CSP.to_owned()], ..claims })
    }

    /// The token of `Authorization: Bearer`; `None` where the header is absent.
    pub fn of_request(&self, headers: &HeaderMap) -> Result<Option<Token>, Refused> {
        if !headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        let credentials = single(headers, header::AUTHORIZATION).ok_or(Refused)?;
        let (scheme, token) = credentials.split_once(' ').ok_or(Refused)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Refused);
        }
        self.verify(token).map(Some)
    }

    fn verify(&self, token: &str) -> Result<Token, Refused> {
        let (settings, keys) = self.settings.as_ref().zip(self.keys()).ok_or(Refused)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused);
        }
        let header = decode_header(token).map_err(|_| Refused)?;
        if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(Refused);
        }
        if !header.kid.as_deref().is_none_or(is_key_id) {
            return Err(Refused);
        }
        let key = keys.find(header.kid.as_deref()).ok_or(Refused)?;
        let verified = decode::<Claims>(token, key, &validation(settings, &keys)).map_err(|_| Refused)?;
        verified.claims.into_token(self.clock.now())
    }
}

fn validation(settings: &JwtSettings, keys: &KeySet) -> Validation {
    let mut validation = Validation::new(keys.algorithm);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    validation.validate_exp = false;
    validation
}

impl Claims {
    /// The rules the library does not know, and those that go by our clock.
    fn into_token(self, now: DateTime<Utc>) -> Result<Token, Refused> {
        let (latest_start, earliest_end) =
            (now.timestamp() + LEEWAY_SECONDS, now.timestamp() - LEEWAY_SECONDS);
        let starts_later = self.iat > latest_start || self.nbf.is_some_and(|start| start > latest_start);
        let lifetime = self.exp.checked_sub(self.iat).ok_or(Refused)?;
        if starts_later
            || self.exp < earliest_end
            || !(1..=MAX_LIFETIME_SECONDS).contains(&lifetime)
            || self.sub.is_empty()
        {
            return Err(Refused);
        }
        let scopes = self.scope.map(|names| names.split(' ').filter_map(|name| name.parse().ok()).collect());
        Ok(Token {
            tenant: TenantId::parse(&self.tn).map_err(|_| Refused)?,
            subject: self.sub,
            roles: self.roles,
            reseller: self.reseller_id,
            scopes,
        })
    }
}

/// Signs `claims`; `None` where the keys only verify.
pub fn sign(keys: &KeySet, claims: &Claims) -> Option<String> {
    let signing = keys.signing()?;
    let header = Header { kid: Some(signing.id.clone()), ..Header::new(keys.algorithm) };
    encode(&header, claims, &signing.key).ok()
}
