//! Requests that are executed once, however often they are sent (IETF draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use sha2::{Digest, Sha256};
use strum::IntoStaticStr;

use crate::domain::problem::Problem;

/// A caller's key for one request: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(Problem::InvalidIdempotencyKey)
    }

    /// SHA-256: what is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// The operation a key is for: the same key for another operation is another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
pub enum Operation {
    #[strum(serialize = "c2a.store")]
    Store,
    #[strum(serialize = "c2a.update")]
    Update,
    #[strum(serialize = "c2a.delete")]
    Delete,
    #[strum(serialize = "partner.create")]
    CreatePartnerCustomer,
}

impl Operation {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_taken_exactly_where_it_is_visible_ascii(text in ".{0,300}|[!-~]{0,300}") {
            let fits = (1..=255).contains(&text.len()) && text.chars().all(|c| ('!'..='~').contains(&c));
            prop_assert_eq!(IdempotencyKey::parse(&text).is_ok(), fits);
        }
    }

    #[test]
    fn a_key_is_visible_ascii_of_limited_length() {
        for key in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\"", &"k".repeat(255)] {
            assert!(IdempotencyKey::parse(key).is_ok(), "{key}");
        }
        for key in ["", " ", "a b", "a\tb", "ä", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(key), Err(Problem::InvalidIdempotencyKey), "{key:?}");
        }
    }
}
