//! Keys of an issuer, and files that name them.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};
use uuid::Uuid;

/// A key pair of the folder `test_keys`.
pub struct KeyPair {
    pub algorithm: Algorithm,
    pub private_pem: &'static str,
    pub public_pem: &'static str,
}

macro_rules! key_pair {
    ($algorithm:ident, $name:literal) => {
        KeyPair {
            algorithm: Algorithm::$algorithm,
            private_pem: include_str!(concat!("../test_keys/", $name, ".private.pem")),
            public_pem: include_str!(concat!("../test_keys/", $name, ".public.pem")),
        }
    };
}

pub const RSA: KeyPair = key_pair!(RS256, "rsa");
pub const OTHER_RSA: KeyPair = key_pair!(RS256, "rsa_other");
pub const EC: KeyPair = key_pair!(ES256, "ec");
pub const OTHER_EC: KeyPair = key_pair!(ES256, "ec_other");
pub const ED: KeyPair = key_pair!(EdDSA, "ed");
pub const OTHER_ED: KeyPair = key_pair!(EdDSA, "ed_other");

/// Two pairs of each algorithm.
pub const PAIRS: [[KeyPair; 2]; 3] = [[RSA, OTHER_RSA], [EC, OTHER_EC], [ED, OTHER_ED]];

impl KeyPair {
    pub fn signing(&self) -> EncodingKey {
        let pem = self.private_pem.as_bytes();
        match self.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem).unwrap(),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem).unwrap(),
            _ => EncodingKey::from_ed_pem(pem).unwrap(),
        }
    }

    /// The public half.
    pub fn jwk(&self, id: &str) -> Value {
        jwk(&self.verifying(), id)
    }

    fn verifying(&self) -> DecodingKey {
        let pem = self.public_pem.as_bytes();
        match self.algorithm {
            Algorithm::RS256 => DecodingKey::from_rsa_pem(pem).unwrap(),
            Algorithm::ES256 => DecodingKey::from_ec_pem(pem).unwrap(),
            _ => DecodingKey::from_ed_pem(pem).unwrap(),
        }
    }
}

/// The name of an algorithm as tokens spell it.
pub fn name(algorithm: Algorithm) -> Value {
    json!(algorithm)
}

pub fn jwk(key: &DecodingKey, id: &str) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_decoding_key(key, None).unwrap()).unwrap();
    jwk["kid"] = json!(id);
    jwk
}

pub fn secret_jwk(secret: &[u8], id: &str) -> Value {
    json!({ "kty": "oct", "kid": id, "k": URL_SAFE_NO_PAD.encode(secret) })
}

pub fn jwks(keys: impl IntoIterator<Item = Value>) -> String {
    json!({ "keys": keys.into_iter().collect::<Vec<_>>() }).to_string()
}

/// A file of keys; gone with the test.
pub struct KeysFile(PathBuf);

impl KeysFile {
    pub fn of(text: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("azotte-test-keys-{}", Uuid::new_v4())));
        file.replace(text);
        file
    }

    pub fn replace(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    pub fn path(&self) -> PathBuf {
        self.0.clone()
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for KeysFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}
