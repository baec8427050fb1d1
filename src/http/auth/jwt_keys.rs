//! The keys tokens are verified with: one algorithm for all of them, never the token's choice.
//!
//! A secret signs too (HS256). Public keys (RS256, ES256, EdDSA) only verify: their private halves stay with
//! whoever issues tokens.

use std::path::{Path, PathBuf};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::secret::MIN_SECRET_BYTES;

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    Secret(SecretString),
    /// A JWKS, or PEM with one or more public keys; read again on SIGHUP.
    File(PathBuf),
}

pub struct KeySet {
    pub algorithm: Algorithm,
    keys: Vec<VerifyingKey>,
    signing: Option<SigningKey>,
}

struct VerifyingKey {
    id: String,
    key: DecodingKey,
    jwk: Jwk,
}

pub struct SigningKey {
    pub id: String,
    pub key: EncodingKey,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("AZOTTE_JWT_SECRET takes at least {MIN_SECRET_BYTES} bytes")]
    ShortSecret,
    #[error("AZOTTE_JWT_KEYS_FILE cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("AZOTTE_JWT_KEYS_FILE takes a JWKS, or PEM with public keys: RSA, EC P-256 or Ed25519")]
    UnknownFormat,
    #[error("AZOTTE_JWT_KEYS_FILE takes keys of one algorithm: RS256, ES256, EdDSA or HS256 throughout")]
    MixedAlgorithms,
    #[error("AZOTTE_JWT_KEYS_FILE takes keys whose kid is 1 to 64 of A-Z a-z 0-9 _ -, each a different one")]
    KeyId,
    #[error("AZOTTE_JWT_KEYS_FILE takes RSA keys of at least 2048 bits, and secrets of at least 256")]
    WeakKey,
}

impl KeySet {
    pub fn load(source: &KeySource) -> Result<Self, KeyError> {
        match source {
            KeySource::Secret(secret) => Self::of_secret(secret),
            KeySource::File(path) => Self::of_file(path),
        }
    }

    /// The key a token names, or the only one there is when it names none.
    pub fn find(&self, id: Option<&str>) -> Option<&DecodingKey> {
        match (id, self.keys.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id == id).map(|key| &key.key),
            (None, [only]) => Some(&only.key),
            (None, _) => None,
        }
    }

    /// What tokens are signed with; `None` where the keys only verify.
    pub fn signing(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    /// The public keys, for publishing; empty where the keys are secrets.
    pub fn public(&self) -> JwkSet {
        let public = self.keys.iter().filter(|_| self.algorithm != Algorithm::HS256);
        JwkSet { keys: public.map(|key| key.jwk.clone()).collect() }
    }

    fn of_secret(secret: &SecretString) -> Result<Self, KeyError> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret);
        }
        let key = DecodingKey::from_secret(bytes);
        let mut jwk = Jwk::from_decoding_key(&key, None).map_err(|_| KeyError::UnknownFormat)?;
        // Not its thumbprint: tokens show their key's id to everybody.
        jwk.common.key_id = Some("secret".to_owned());
        Self::of(vec![jwk])
    }

    fn of_file(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)?;
        let jwks = if text.trim_start().starts_with('{') { from_jwks(&text)? } else { from_pem(&text)? };
        Self::of(jwks)
    }

    fn of(jwks: Vec<Jwk>) -> Result<Self, KeyError> {
        let first = jwks.first().ok_or(KeyError::UnknownFormat)?;
        let algorithm = algorithm(first)?;
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for jwk in jwks {
            if self::algorithm(&jwk)? != algorithm {
                return Err(KeyError::MixedAlgorithms);
            }
            let key = verifying_key(jwk, algorithm)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeyError::KeyId);
            }
            keys.push(key);
        }
        let signing = keys.first().and_then(signing_key);
        Ok(Self { algorithm, keys, signing })
    }
}

/// Whether this can be the id of a key. Checked on tokens too, where it is the caller's text.
pub fn is_key_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn from_jwks(text: &str) -> Result<Vec<Jwk>, KeyError> {
    let set: JwkSet = serde_json::from_str(text).map_err(|_| KeyError::UnknownFormat)?;
    Ok(set.keys)
}

fn from_pem(text: &str) -> Result<Vec<Jwk>, KeyError> {
    const END: &str = "-----END PUBLIC KEY-----";
    let blocks = text.split_inclusive(END).filter(|block| block.contains(END));
    blocks.map(|block| jwk_of_pem(block.trim_start().as_bytes()).ok_or(KeyError::UnknownFormat)).collect()
}

fn jwk_of_pem(pem: &[u8]) -> Option<Jwk> {
    let readers = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
    let key = readers.iter().find_map(|read| read(pem).ok())?;
    Jwk::from_decoding_key(&key, None).ok()
}

/// The one algorithm a key is used with, by its kind; a JWK that says otherwise is refused.
fn algorithm(jwk: &Jwk) -> Result<Algorithm, KeyError> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        AlgorithmParameters::OctetKey(_) => Algorithm::HS256,
        _ => return Err(KeyError::UnknownFormat),
    };
    match jwk.common.key_algorithm {
        Some(stated) if stated != algorithm.into() => Err(KeyError::MixedAlgorithms),
        _ => Ok(algorithm),
    }
}

fn verifying_key(mut jwk: Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
    let thumbprint = || jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::UnknownFormat);
    let id = jwk.common.key_id.clone().map_or_else(thumbprint, Ok)?;
    if !is_key_id(&id) {
        return Err(KeyError::KeyId);
    }
    refuse_weak(&jwk)?;
    jwk.common.key_id = Some(id.clone());
    jwk.common.key_algorithm = Some(algorithm.into());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| KeyError::UnknownFormat)?;
    Ok(VerifyingKey { id, key, jwk })
}

/// Base64url: four characters are three bytes.
fn refuse_weak(jwk: &Jwk) -> Result<(), KeyError> {
    let (text, min_bytes) = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) => (&key.n, 256),
        AlgorithmParameters::OctetKey(key) => (&key.value, MIN_SECRET_BYTES),
        _ => return Ok(()),
    };
    if text.trim_end_matches('=').len() * 3 / 4 < min_bytes { Err(KeyError::WeakKey) } else { Ok(()) }
}

fn signing_key(key: &VerifyingKey) -> Option<SigningKey> {
    let AlgorithmParameters::OctetKey(_) = &key.jwk.algorithm else { return None };
    let secret = key.key.try_get_as_bytes().ok()?;
    Some(SigningKey { id: key.id.clone(), key: EncodingKey::from_secret(secret) })
}
