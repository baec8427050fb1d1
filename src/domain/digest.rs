//! What sums up a set of customers, so that two sides can tell in a few bytes that they have the same.

use std::fmt::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::domain::problem::Problem;

/// The XOR over the records of a set, in any order, of the first 16 bytes of SHA-256 of the external id, a line feed, and
/// the number that is compared, in decimal; nothing behind the line feed where there is none. Of no record: 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(u128);

impl Digest {
    pub const LENGTH: usize = 32;

    /// In hexadecimal.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let is_hex = text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(Problem::InvalidDigest)
    }

    /// As PostgreSQL writes a `bit(128)`.
    pub(crate) fn from_bits(text: &str) -> Option<Self> {
        u128::from_str_radix(text, 2).ok().map(Self)
    }

    fn of(external_id: &str, number: Option<i64>) -> Self {
        let mut record = format!("{external_id}\n");
        if let Some(number) = number {
            write!(record, "{number}").ok();
        }
        let hash = Sha256::digest(record);
        Self(u128::from_be_bytes(std::array::from_fn(|index| hash[index])))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// How many records there are, and their digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: i64,
    pub digest: Digest,
}

impl Tally {
    /// Of records with different external ids.
    pub fn of<'a>(records: impl IntoIterator<Item = (&'a str, Option<i64>)>) -> Self {
        records.into_iter().fold(Self::default(), |tally, (external_id, number)| Self {
            count: tally.count + 1,
            digest: Digest(tally.digest.0 ^ Digest::of(external_id, number).0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By `printf 'crm-1\n3' | sha256sum` and the like.
    #[test]
    fn it_is_what_sha256sum_says() {
        for (external_id, number, digest) in [
            ("crm-1", Some(3), "8653caceb31345ef35df608e020984eb"),
            ("crm-1", None, "8b008dd37bed228b9d49ac85a35fba1c"),
            ("a\nb", Some(0), "bc3f096eed6900d728264ca1c289f9db"),
        ] {
            assert_eq!(Tally::of([(external_id, number)]).digest.to_string(), digest);
        }
    }

    #[test]
    fn the_order_does_not_matter_and_nothing_is_0() {
        let [a, b] = [("a", Some(1)), ("b", None)];
        assert_eq!(Tally::of([a, b]), Tally::of([b, a]));
        assert_ne!(Tally::of([a, b]), Tally::of([("a", None), ("b", Some(1))]));
        assert_eq!(Tally::of([]).digest.to_string(), "0".repeat(32));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "0",
            &"0".repeat(31),
            &"0".repeat(33),
            &"g".repeat(32),
            &format!("+{}", "0".repeat(31)),
            &"é".repeat(16),
        ] {
            assert_eq!(Digest::parse(text), Err(Problem::InvalidDigest), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(number in any::<u128>()) {
            let digest = Digest(number);
            prop_assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
            prop_assert_eq!(Digest::parse(&digest.to_string().to_uppercase()), Ok(digest));
            prop_assert_eq!(Digest::from_bits(&format!("{number:0128b}")), Some(digest));
        }
    }
}
