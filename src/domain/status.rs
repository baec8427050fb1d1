//! The status the tenant gives its customer: the tenant's own word, kept as sent and never interpreted.
//! One word is ours: `Anonymized` marks an erased customer, and no caller may claim it in any case.

use crate::domain::problem::Problem;
use crate::domain::text;

/// `[A-Za-z][A-Za-z0-9_-]{0,31}`, case kept; `Active` unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerStatus(String);

impl CustomerStatus {
    pub const MAX_CHARS: usize = 32;
    /// What erasure writes.
    pub const ANONYMIZED: &'static str = "Anonymized";

    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        if !is_token(value) {
            return Err(Problem::InvalidStatus);
        }
        if value.eq_ignore_ascii_case(Self::ANONYMIZED) {
            return Err(Problem::ReservedStatus);
        }
        Ok(Self(value.to_owned()))
    }

    pub(crate) fn from_stored(value: String) -> Self {
        Self(value)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CustomerStatus {
    fn default() -> Self {
        Self("Active".to_owned())
    }
}

fn is_token(value: &str) -> bool {
    value.len() <= CustomerStatus::MAX_CHARS
        && value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_tenants_own_word() {
        let longest = "a".repeat(32);
        for sent in ["Active", "active", "on-hold_2", "x", &longest] {
            assert_eq!(CustomerStatus::parse(sent).unwrap().as_str(), sent);
        }
        assert_eq!(CustomerStatus::default().as_str(), "Active");
    }

    #[test]
    fn sentences_and_our_own_word_are_refused() {
        let too_long = "a".repeat(33);
        for sent in ["1st", "-a", "_a", "on hold", "Active ", "aktiv!", "á", "a\n", &too_long] {
            assert_eq!(CustomerStatus::parse(sent), Err(Problem::InvalidStatus), "{sent:?}");
        }
        for sent in ["Anonymized", "anonymized", "ANONYMIZED"] {
            assert_eq!(CustomerStatus::parse(sent), Err(Problem::ReservedStatus), "{sent}");
        }
        assert_eq!(CustomerStatus::parse(""), Err(Problem::Blank));
    }
}
