//! Tokens (RFC 7519), verified as RFC 8725 asks: the algorithm, the issuer, the audience and the type are ours
//! to say, and nothing a token points to is ever fetched.
//!
//! The library takes a token without `aud` unless told otherwise, so it is told here. Issuer and dates are ours to
//! check (`claims.rs`): the library knows only the machine's clock, and other spellings of dates.

use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};

use super::{
    claims::{CSP, Claims, Token},
    issue::{IssuedClaims, sign},
    jwt_keys::{KeyError, KeySet, is_key_id},
    jwt_settings::JwtSettings,
    refusal::Refusal,
    surface::Surface,
};
use crate::domain::{clock::SharedClock, tenant::TenantId};
use crate::http::headers::single;

const MAX_TOKEN_BYTES: usize = 4 * 1024;
/// Verifies tokens with keys that can be replaced while it works. Without settings it refuses every token.
pub struct TokenVerifier {
    settings: Option<JwtSettings>,
    keys: RwLock<Option<Arc<KeySet>>>,
    clock: SharedClock,
}

impl TokenVerifier {
    pub fn new(settings: Option<JwtSettings>, clock: SharedClock) -> Result<Self, KeyError> {
        let keys = settings.as_ref().map(load).transpose()?;
        Ok(Self { settings, keys: RwLock::new(keys.map(Arc::new)), clock })
    }

    /// Whether the keys come from a file, and so can be read again.
    pub fn can_reload(&self) -> bool {
        self.settings
            .as_ref()
            .is_some_and(|settings| matches!(settings.keys, super::jwt_keys::KeySource::File(_)))
    }

    /// Reads the keys again; the old ones stay where the new ones cannot be used.
    pub fn reload(&self) -> Result<(), KeyError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        let fresh = Arc::new(load(settings)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(())
    }

    pub fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token for a CSP of `tenant`, valid for an hour or as long as a token may be; `None` where there is nothing to
    /// sign with.
    pub fn sign_for_csp(&self, tenant: TenantId, subject: &str) -> Option<String> {
        let (settings, keys) = self.settings.as_ref().zip(self.keys())?;
        let lifetime = i64::try_from(settings.max_lifetime_s.min(60 * 60)).ok()?;
        let claims =
            IssuedClaims::new(settings, Surface::Partner, tenant, subject, self.clock.now(), lifetime);
        sign(&keys, settings, &IssuedClaims { roles: vec![CSP.to_owned()], ..claims })
    }

    /// The token of `Authorization: Bearer`, meant for `surface`; `None` where the header is absent.
    pub fn of_request(&self, headers: &HeaderMap, surface: Surface) -> Result<Option<Token>, Refusal> {
        if !headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        let credentials = single(headers, header::AUTHORIZATION).ok_or(Refusal::MalformedToken)?;
        let (scheme, token) = credentials.split_once(' ').ok_or(Refusal::MalformedToken)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Refusal::MalformedToken);
        }
        self.verify(token, surface).map(Some)
    }

    fn verify(&self, token: &str, surface: Surface) -> Result<Token, Refusal> {
        let (settings, keys) = self.settings.as_ref().zip(self.keys()).ok_or(Refusal::NoTokenKeys)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::MalformedToken);
        }
        let header = decode_header(token).map_err(|_| Refusal::MalformedToken)?;
        if !settings.takes_type(header.typ.as_deref()) {
            return Err(Refusal::TokenType);
        }
        if header.crit.is_some() {
            return Err(Refusal::TokenExtension);
        }
        if !header.kid.as_deref().is_none_or(is_key_id) {
            return Err(Refusal::TokenKey);
        }
        let key = keys.find(header.kid.as_deref(), header.alg).ok_or(Refusal::TokenKey)?;
        let validation = validation(settings, surface, key.algorithm);
        let verified =
            decode::<Claims>(token, &key.key, &validation).map_err(|error| reason(error.kind()))?;
        verified.claims.into_token(settings, self.clock.now())
    }
}

fn load(settings: &JwtSettings) -> Result<KeySet, KeyError> {
    let keys = KeySet::load(&settings.keys)?;
    for skipped in keys.skipped() {
        tracing::warn!(kid = skipped.id, reason = %skipped.reason, "a key for tokens is not used");
    }
    Ok(keys)
}

fn validation(settings: &JwtSettings, surface: Surface, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[settings.audiences.of(surface)]);
    validation.set_required_spec_claims(&["aud"]);
    validation.validate_exp = false;
    validation
}

fn reason(error: &ErrorKind) -> Refusal {
    match error {
        ErrorKind::InvalidSignature => Refusal::TokenSignature,
        ErrorKind::InvalidAudience => Refusal::TokenAudience,
        ErrorKind::InvalidAlgorithm => Refusal::TokenKey,
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            Refusal::TokenClaims
        }
        _ => Refusal::MalformedToken,
    }
}
