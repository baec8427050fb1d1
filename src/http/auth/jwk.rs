//! One key of a JWKS (RFC 7517): whether tokens can be verified with it here, and if not, why.
//!
//! The list is the issuer's, and may hold keys for other purposes. Only the members that decide are read: one the
//! library does not know, of a key that is not for us, must not cost the other keys.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash},
};
use serde_json::{Map, Value};

use super::jwt_keys::{SigningKey, is_key_id};
use crate::domain::secret::MIN_SECRET_BYTES;

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it is not for signatures (use, key_ops)")]
    Purpose,
    #[error("its kty, crv or alg is none of RS256, ES256 with P-256, EdDSA with Ed25519, HS256")]
    Algorithm,
    #[error("a member is missing or of another type")]
    Incomplete,
    #[error("its kid is not 1 to 256 printable characters")]
    KeyId,
    #[error("its kid is that of another key")]
    SameKeyId,
    #[error("it is weak: RSA takes 2048 bits or more, a secret 256")]
    Weak,
}

/// A key that verifies, by the one algorithm it is used with.
pub struct VerifyingKey {
    pub id: String,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
    /// With the members that are published.
    pub jwk: Jwk,
    signs: bool,
}

impl VerifyingKey {
    /// Reads a member of `keys`.
    pub fn from_value(value: &Value) -> Result<Self, Unusable> {
        let members = value.as_object().ok_or(Unusable::Incomplete)?;
        refuse_other_purposes(members)?;
        let algorithm = algorithm(members)?;
        let read: Map<String, Value> = MEMBERS
            .iter()
            .filter_map(|name| members.get(*name).map(|value| ((*name).to_owned(), value.clone())))
            .collect();
        let jwk = serde_json::from_value(read.into()).map_err(|_| Unusable::Incomplete)?;
        let signs = operations(members).is_none_or(|mut operations| operations.any(|name| name == "sign"));
        Ok(Self { signs, ..Self::new(jwk, algorithm)? })
    }

    /// A key by its library's form, which knows its algorithm by its kind.
    pub fn from_jwk(jwk: Jwk) -> Result<Self, Unusable> {
        let algorithm = algorithm_of_kind(&jwk)?;
        Self::new(jwk, algorithm)
    }

    fn new(mut jwk: Jwk, algorithm: Algorithm) -> Result<Self, Unusable> {
        if algorithm_of_kind(&jwk)? != algorithm {
            return Err(Unusable::Algorithm);
        }
        refuse_weak(&jwk)?;
        let thumbprint = || jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| Unusable::Incomplete);
        let id = jwk.common.key_id.clone().map_or_else(thumbprint, Ok)?;
        if !is_key_id(&id) {
            return Err(Unusable::KeyId);
        }
        jwk.common.key_id = Some(id.clone());
        jwk.common.key_algorithm = Some(algorithm.into());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| Unusable::Incomplete)?;
        Ok(Self { id, algorithm, key, jwk, signs: true })
    }

    /// The same key for signing; `None` where it only verifies.
    pub fn signing(&self) -> Option<SigningKey> {
        let AlgorithmParameters::OctetKey(_) = &self.jwk.algorithm else { return None };
        let secret = self.key.try_get_as_bytes().ok().filter(|_| self.signs)?;
        let key = EncodingKey::from_secret(secret);
        Some(SigningKey { id: self.id.clone(), algorithm: self.algorithm, key })
    }
}

/// What is read of a key. `alg`, `use` and `key_ops` are looked at before, and written anew.
const MEMBERS: [&str; 8] = ["kty", "kid", "crv", "x", "y", "n", "e", "k"];

/// RFC 7517, 4.2 and 4.3: a key that says what it is for is for nothing else.
fn refuse_other_purposes(members: &Map<String, Value>) -> Result<(), Unusable> {
    let is_for_signatures = members.get("use").is_none_or(|purpose| purpose == "sig");
    let has_operations = members.contains_key("key_ops");
    let verifies = operations(members).is_some_and(|mut operations| operations.any(|name| name == "verify"));
    if is_for_signatures && (verifies || !has_operations) { Ok(()) } else { Err(Unusable::Purpose) }
}

fn operations(members: &Map<String, Value>) -> Option<impl Iterator<Item = &Value>> {
    members.get("key_ops").and_then(Value::as_array).map(|names| names.iter())
}

/// By `kty` and `crv`; an `alg` must say the same.
fn algorithm(members: &Map<String, Value>) -> Result<Algorithm, Unusable> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let (algorithm, name) = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => (Algorithm::RS256, "RS256"),
        (Some("EC"), Some("P-256")) => (Algorithm::ES256, "ES256"),
        (Some("OKP"), Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA"),
        (Some("oct"), _) => (Algorithm::HS256, "HS256"),
        _ => return Err(Unusable::Algorithm),
    };
    let agrees = members.get("alg").is_none_or(|stated| stated == name);
    if agrees { Ok(algorithm) } else { Err(Unusable::Algorithm) }
}

fn algorithm_of_kind(jwk: &Jwk) -> Result<Algorithm, Unusable> {
    match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Ok(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Ok(Algorithm::ES256),
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Ok(Algorithm::EdDSA),
        AlgorithmParameters::OctetKey(_) => Ok(Algorithm::HS256),
        AlgorithmParameters::Other(_) => Err(Unusable::Incomplete),
        _ => Err(Unusable::Algorithm),
    }
}

/// Base64url: four characters are three bytes.
fn refuse_weak(jwk: &Jwk) -> Result<(), Unusable> {
    let (text, min_bytes) = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) => (&key.n, 256),
        AlgorithmParameters::OctetKey(key) => (&key.value, MIN_SECRET_BYTES),
        _ => return Ok(()),
    };
    if text.trim_end_matches('=').len() * 3 / 4 < min_bytes { Err(Unusable::Weak) } else { Ok(()) }
}
