//! The secret a tenant's backend authenticates with. Shown once, stored only as its fingerprint.
//! The checksum proves nothing. Without a query it detects typing errors, and helps to find leaked keys in source code.

use std::fmt;

use rand::RngExt;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::environment::Environment;

/// The key in the upstream documents' samples. It has no checksum, and is accepted in the sandbox only.
pub const SAMPLE_KEY: &str = "sk_dev_acme_sample_123456789";

/// `sk_dev_` or `sk_live_`, 32 random base62 characters (190 bits), 6 of checksum.
// Not comparable: keys are compared by fingerprint, in constant time.
#[derive(Clone)]
pub struct ApiKey {
    text: String,
    environment: Environment,
}

impl ApiKey {
    /// A new key from the operating system's seeded CSPRNG; every character is equally likely.
    pub fn generate(environment: Environment) -> Self {
        let mut text = environment.key_prefix().to_owned();
        let random = rand::rng().sample_iter(Alphanumeric).take(RANDOM_CHARS);
        text.extend(random.map(char::from));
        text.push_str(&checksum(&text));
        Self { text, environment }
    }

    /// None when malformed, mistyped or of the other environment; never says which.
    pub fn parse(text: &str, environment: Environment) -> Option<Self> {
        let is_sample = environment == Environment::Sandbox && text == SAMPLE_KEY;
        (is_sample || is_well_formed(text, environment)).then(|| Self { text: text.to_owned(), environment })
    }

    /// SHA-256 of the whole key. Fast on purpose: 190 random bits need no slow hash.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint(Sha256::digest(&self.text).into())
    }

    /// Its beginning with the first 4 random characters, to tell keys apart by: `sk_dev_a1B2`.
    pub fn prefix(&self) -> &str {
        &self.text[..self.environment.key_prefix().len() + 4]
    }

    pub fn last_four(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }

    /// The secret itself, for showing it once.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// What is stored of a key, and what caches are keyed by.
/// `==` is for caches; authentication uses [`KeyFingerprint::matches`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint([u8; 32]);

impl KeyFingerprint {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in a time that does not depend on where the two differ.
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.as_slice().ct_eq(stored).into()
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFingerprint(..)")
    }
}

const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;

fn is_well_formed(text: &str, environment: Environment) -> bool {
    let Some(secret) = text.strip_prefix(environment.key_prefix()) else {
        return false;
    };
    if secret.len() != RANDOM_CHARS + CHECKSUM_CHARS
        || !secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return false;
    }
    let (checked, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
    checksum(checked) == sum
}

/// The first 8 bytes of SHA-256, big-endian, modulo 62^6, as base62 digits `0-9A-Za-z`, the highest first.
fn checksum(checked: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest: [u8; 32] = Sha256::digest(checked).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let value = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    (0..CHECKSUM_CHARS as u32)
        .rev()
        .map(|place| char::from(DIGITS[(value / 62_u64.pow(place) % 62) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_known_by_its_ends_and_shown_by_nothing_else() {
        let key = ApiKey::generate(Environment::Live);
        assert_eq!(key.reveal().len(), 8 + 32 + 6);
        assert_eq!(key.prefix(), &key.reveal()[..12]);
        assert_eq!(key.last_four(), &key.reveal()[42..]);
        assert_eq!(format!("{key:?} {:?}", key.fingerprint()), "ApiKey(..) KeyFingerprint(..)");
    }

    #[test]
    fn the_format_is_a_promise() {
        let key = "sk_live_0123456789abcdefghijABCDEFGHIJ01";
        assert_eq!(checksum(key), "3kgLRE");
        assert!(ApiKey::parse(&format!("{key}3kgLRE"), Environment::Live).is_some());
    }

    #[test]
    fn the_documents_sample_key_opens_the_sandbox_and_nothing_else() {
        let key = ApiKey::parse(SAMPLE_KEY, Environment::Sandbox).unwrap();
        assert_eq!((key.prefix(), key.last_four()), ("sk_dev_acme", "6789"));
        assert!(ApiKey::parse(SAMPLE_KEY, Environment::Live).is_none());
    }

    #[test]
    fn a_fingerprint_matches_only_the_whole_of_itself() {
        let fingerprint = ApiKey::generate(Environment::Sandbox).fingerprint();
        let other = ApiKey::generate(Environment::Sandbox).fingerprint();
        assert!(fingerprint.matches(fingerprint.as_bytes()));
        assert!(!fingerprint.matches(other.as_bytes()));
        assert!(!fingerprint.matches(&fingerprint.as_bytes()[..31]));
        assert!(!fingerprint.matches(b""));
    }

    proptest! {
        #[test]
        fn a_generated_key_is_read_where_it_belongs(live in any::<bool>()) {
            let (here, there) = if live {
                (Environment::Live, Environment::Sandbox)
            } else {
                (Environment::Sandbox, Environment::Live)
            };
            let key = ApiKey::generate(here);
            let read = ApiKey::parse(key.reveal(), here);
            prop_assert_eq!(read.map(|read| read.fingerprint()), Some(key.fingerprint()));
            prop_assert!(ApiKey::parse(key.reveal(), there).is_none());
        }

        #[test]
        fn one_wrong_character_is_noticed(at in 0_usize..45, typed in "[0-9A-Za-z_ é]") {
            let key = ApiKey::generate(Environment::Sandbox);
            let mut mistyped = key.reveal().to_owned();
            mistyped.replace_range(at..=at, &typed);
            prop_assume!(mistyped != key.reveal());
            prop_assert!(ApiKey::parse(&mistyped, Environment::Sandbox).is_none());
            prop_assert!(ApiKey::parse(&key.reveal()[..at], Environment::Sandbox).is_none());
        }

        #[test]
        fn no_input_makes_it_panic(text in any::<String>()) {
            for environment in [Environment::Sandbox, Environment::Live] {
                prop_assert!(ApiKey::parse(&text, environment).is_none());
                let _ = ApiKey::parse(&format!("{}{text}", environment.key_prefix()), environment);
            }
        }
    }
}
