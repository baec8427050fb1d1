//! Tells whether two contents are equal, and reveals nothing else of them.
//!
//! A fingerprint is keyed by a secret that is not in the database: a reader of the database, or of a copy of it, cannot
//! try values. Each record has a salt, so that equal contents do not look equal.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::service::idempotency::Content;

/// What keys fingerprints: the same for all servers of a database.
#[derive(Clone, Debug)]
pub struct FingerprintSecrets {
    /// Of new fingerprints.
    pub current: SecretString,
    /// Of fingerprints that are still recognised, while the secret is being replaced.
    pub previous: Option<SecretString>,
}

/// As stored.
pub struct Fingerprint {
    pub salt: Vec<u8>,
    pub value: Vec<u8>,
}

impl FingerprintSecrets {
    pub fn fingerprint(&self, content: &Content) -> Fingerprint {
        let salt: [u8; 32] = rand::random();
        let value = mac(&self.current, &salt, content).map(|mac| mac.finalize().into_bytes().to_vec());
        Fingerprint { value: value.unwrap_or_default(), salt: salt.to_vec() }
    }

    /// `false` also for a fingerprint of another secret: then equality cannot be shown.
    pub(super) fn is_of(&self, fingerprint: &Fingerprint, content: &Content) -> bool {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().any(|secret| {
            mac(secret, &fingerprint.salt, content)
                .is_some_and(|mac| mac.verify_slice(&fingerprint.value).is_ok())
        })
    }
}

/// Always there: HMAC takes a key of any length.
fn mac(secret: &SecretString, salt: &[u8], content: &Content) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    Some(mac.chain_update(salt).chain_update(&content.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(current: &str, previous: Option<&str>) -> FingerprintSecrets {
        FingerprintSecrets { current: current.into(), previous: previous.map(Into::into) }
    }

    fn content(text: &str) -> Content {
        Content(text.to_owned())
    }

    #[test]
    fn a_fingerprint_is_of_its_content_alone() {
        let secrets = secrets("first", None);
        let fingerprint = secrets.fingerprint(&content("a"));
        assert!(secrets.is_of(&fingerprint, &content("a")));
        assert!(!secrets.is_of(&fingerprint, &content("b")));
        assert_ne!(fingerprint.value, secrets.fingerprint(&content("a")).value, "each has its salt");
    }

    #[test]
    fn a_replaced_secret_is_recognised_while_it_is_given_as_the_previous_one() {
        let fingerprint = secrets("first", None).fingerprint(&content("a"));
        assert!(secrets("second", Some("first")).is_of(&fingerprint, &content("a")));
        assert!(!secrets("second", Some("first")).is_of(&fingerprint, &content("b")));
        assert!(!secrets("second", None).is_of(&fingerprint, &content("a")));
    }

    #[test]
    fn salt_and_content_without_the_secret_do_not_make_the_fingerprint() {
        let Fingerprint { salt, value } = secrets("first", None).fingerprint(&content("a"));
        let guess = Hmac::<Sha256>::new_from_slice(&salt).unwrap().chain_update("a").finalize();
        assert_ne!(guess.into_bytes().to_vec(), value);
    }
}
