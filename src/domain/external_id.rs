//! The tenant's own identifier of a customer.
//! Opaque and compared byte for byte: `A1` and `a1`, or two Unicode spellings of `é`, are two customers.

use std::fmt;

use crate::domain::invisible::is_blank;
use crate::domain::problem::Problem;
use crate::domain::text;

/// 1 to 255 characters, no control characters, neither white space nor invisible characters at either end.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    pub const MAX_CHARS: usize = 255;

    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::check(value, Self::MAX_CHARS)?;
        if value.starts_with(is_blank) || value.ends_with(is_blank) {
            return Err(Problem::SurroundingWhiteSpace);
        }
        Ok(Self(value.to_owned()))
    }

    pub(crate) fn from_stored(value: String) -> Self {
        Self(value)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_whatever_the_tenant_calls_its_customer() {
        let longest = "é".repeat(255);
        for sent in ["1", "acme-user-42", "A B", "a/b?c=d", "用户", "e\u{301}", "a\u{200d}b", &longest] {
            assert_eq!(ExternalId::parse(sent).unwrap().as_str(), sent);
        }
        assert_ne!(ExternalId::parse("a1"), ExternalId::parse("A1"));
        assert_ne!(ExternalId::parse("\u{e9}"), ExternalId::parse("e\u{301}"));
    }

    #[test]
    fn what_could_not_be_told_apart_is_refused() {
        let too_long = "x".repeat(256);
        for (sent, problem) in [
            ("", Problem::Blank),
            (" \u{2003}", Problem::Blank),
            (" a", Problem::SurroundingWhiteSpace),
            ("a ", Problem::SurroundingWhiteSpace),
            ("a\u{a0}", Problem::SurroundingWhiteSpace),
            ("\u{3000}a", Problem::SurroundingWhiteSpace),
            ("\u{feff}a", Problem::SurroundingWhiteSpace),
            ("a\u{200b}", Problem::SurroundingWhiteSpace),
            ("\u{2800}a", Problem::SurroundingWhiteSpace),
            ("\u{200b}", Problem::Blank),
            ("a\0b", Problem::InvalidCharacters),
            ("a\n", Problem::InvalidCharacters),
            (&too_long, Problem::TooLong { max_chars: 255 }),
        ] {
            assert_eq!(ExternalId::parse(sent), Err(problem), "{sent:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_kept_byte_for_byte(sent in any::<String>()) {
            if let Ok(id) = ExternalId::parse(&sent) {
                prop_assert_eq!(id.as_str(), &sent);
                prop_assert!((1..=255).contains(&sent.chars().count()));
                prop_assert_eq!(ExternalId::from_stored(sent), id);
            }
        }
    }
}
