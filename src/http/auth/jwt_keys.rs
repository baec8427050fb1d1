//! The keys tokens are verified with. Each is used with one algorithm, never one of the token's choice.
//!
//! A secret signs too (HS256). Public keys (RS256, ES256, EdDSA) only verify: their private halves stay with
//! whoever issues tokens. A key that cannot be used here is skipped; a set without any other key is an error.

use std::path::{Path, PathBuf};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::jwk::{Unusable, VerifyingKey};
use crate::domain::{secret::MIN_SECRET_BYTES, text::is_forbidden};

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    Secret(SecretString),
    /// A JWKS, or PEM with one or more public keys; read again on SIGHUP.
    File(PathBuf),
}

pub struct KeySet {
    keys: Vec<VerifyingKey>,
    skipped: Vec<Skipped>,
}

pub struct SigningKey {
    pub id: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
}

/// A key that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its `kid`; `-` where it has none that can be shown.
    pub id: String,
    pub reason: Unusable,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("AZOTTE_JWT_SECRET takes at least {MIN_SECRET_BYTES} bytes")]
    ShortSecret,
    #[error("AZOTTE_JWT_KEYS_FILE cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("AZOTTE_JWT_KEYS_FILE takes a JWKS, or PEM with public keys: RSA, EC P-256 or Ed25519")]
    UnknownFormat,
    /// With the reason of the first key.
    #[error("AZOTTE_JWT_KEYS_FILE has no key that tokens can be verified with: {0}")]
    NoneUsable(Unusable),
}

impl KeySet {
    pub fn load(source: &KeySource) -> Result<Self, KeyError> {
        match source {
            KeySource::Secret(secret) => Self::from_secret(secret),
            KeySource::File(path) => Self::from_file(path),
        }
    }

    /// The key a token names, or the only one of this algorithm when it names none.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&VerifyingKey> {
        let mut keys = self.keys.iter().filter(|key| key.algorithm == algorithm);
        match id {
            Some(id) => keys.find(|key| key.id == id),
            None => keys.next().filter(|_| keys.next().is_none()),
        }
    }

    /// What tokens are signed with; `None` where the keys only verify.
    pub fn signing(&self) -> Option<SigningKey> {
        self.keys.iter().find_map(VerifyingKey::signing)
    }

    /// The public keys, for publishing; empty where the keys are secrets.
    pub fn public(&self) -> JwkSet {
        let public = self.keys.iter().filter(|key| key.algorithm != Algorithm::HS256);
        JwkSet { keys: public.map(|key| key.jwk.clone()).collect() }
    }

    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn from_secret(secret: &SecretString) -> Result<Self, KeyError> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret);
        }
        let key = DecodingKey::from_secret(bytes);
        let mut jwk = Jwk::from_decoding_key(&key, None).map_err(|_| KeyError::UnknownFormat)?;
        // Not its thumbprint: tokens show their key's id to everybody.
        jwk.common.key_id = Some("secret".to_owned());
        Self::new([("secret".to_owned(), VerifyingKey::from_jwk(jwk))])
    }

    fn from_file(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)?;
        if text.trim_start().starts_with('{') { Self::from_jwks(&text) } else { Self::from_pem(&text) }
    }

    fn from_jwks(text: &str) -> Result<Self, KeyError> {
        /// Values, because the library's own type fails as a whole on a key it does not know.
        #[derive(Deserialize)]
        struct Keys {
            keys: Vec<Value>,
        }
        let Keys { keys } = serde_json::from_str(text).map_err(|_| KeyError::UnknownFormat)?;
        Self::new(keys.iter().map(|key| (shown_id(key), VerifyingKey::from_value(key))))
    }

    fn from_pem(text: &str) -> Result<Self, KeyError> {
        const END: &str = "-----END PUBLIC KEY-----";
        let blocks = text.split_inclusive(END).filter(|block| block.contains(END));
        let jwks = blocks.map(|block| jwk_of_pem(block.trim_start().as_bytes()));
        let jwks: Vec<Jwk> = jwks.collect::<Option<_>>().ok_or(KeyError::UnknownFormat)?;
        Self::new(jwks.into_iter().map(|jwk| ("-".to_owned(), VerifyingKey::from_jwk(jwk))))
    }

    fn new(
        read: impl IntoIterator<Item = (String, Result<VerifyingKey, Unusable>)>,
    ) -> Result<Self, KeyError> {
        let mut set = Self { keys: Vec::new(), skipped: Vec::new() };
        for (id, key) in read {
            match key {
                Ok(key) if set.find(Some(&key.id), key.algorithm).is_none() => set.keys.push(key),
                Ok(_) => set.skipped.push(Skipped { id, reason: Unusable::SameKeyId }),
                Err(reason) => set.skipped.push(Skipped { id, reason }),
            }
        }
        match (set.keys.as_slice(), set.skipped.first()) {
            ([], Some(first)) => Err(KeyError::NoneUsable(first.reason)),
            ([], None) => Err(KeyError::UnknownFormat),
            _ => Ok(set),
        }
    }
}

/// Whether this can be the id of a key: 1 to 256 printable characters, compared as they are (RFC 7517, 4.5). Checked
/// on tokens too, where it is the caller's text.
pub fn is_key_id(id: &str) -> bool {
    const MAX_CHARS: usize = 256;
    !id.is_empty() && id.chars().take(MAX_CHARS + 1).count() <= MAX_CHARS && !id.chars().any(is_forbidden)
}

fn shown_id(key: &Value) -> String {
    let id = key.get("kid").and_then(Value::as_str).filter(|id| is_key_id(id));
    id.unwrap_or("-").to_owned()
}

fn jwk_of_pem(pem: &[u8]) -> Option<Jwk> {
    let readers = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
    let key = readers.iter().find_map(|read| read(pem).ok())?;
    Jwk::from_decoding_key(&key, None).ok()
}
