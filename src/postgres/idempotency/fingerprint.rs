//! Tells whether two contents are equal, and reveals nothing else of them.
//!
//! Each record has its own salt, which is erased with it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::service::idempotency::Content;

pub(super) struct Fingerprint {
    pub salt: [u8; 32],
    pub value: Vec<u8>,
}

impl Fingerprint {
    pub fn new(content: &Content) -> Self {
        let salt: [u8; 32] = rand::random();
        Self { value: Self::with(&salt, content), salt }
    }

    pub fn with(salt: &[u8], content: &Content) -> Vec<u8> {
        match Hmac::<Sha256>::new_from_slice(salt) {
            Ok(mac) => mac.chain_update(&content.0).finalize().into_bytes().to_vec(),
            // HMAC takes a key of any length.
            Err(_) => Vec::new(),
        }
    }
}
