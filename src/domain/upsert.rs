//! What a write does where the customer is there already, or is newer than the message.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::{
    customer::ProfileChange, precondition::Precondition, problem::Problem, source_version::SourceVersion,
    text,
};

/// What a request to store says about a customer that has its external id already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive, serialize_all = "camelCase")]
pub enum OnConflict {
    #[default]
    Error,
    Return,
    /// Absent keeps.
    Update,
    /// Absent clears.
    Replace,
}

/// What a request says about a message that is not newer than the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive, serialize_all = "camelCase")]
pub enum OnStale {
    #[default]
    Ignore,
    Error,
}

/// Keeps a message that arrives late from undoing a newer one.
///
/// Sound only for messages that carry the whole record: of two messages about different fields, the later to arrive may be
/// the only one that knows its field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// The version of the message. `None`: it is applied whatever the record has.
    pub source_version: Option<SourceVersion>,
    pub on_stale: OnStale,
}

/// How a store goes on where a customer has its external id already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IfTaken {
    #[default]
    Fail,
    /// Returns that customer, if it is at an expected version.
    Return { expected: Precondition },
    /// Changes that customer, as an update does.
    Change { expected: Precondition, change: Box<ProfileChange> },
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "camelCase")]
pub enum Outcome {
    Created,
    Updated,
    /// The record says the same already.
    Unchanged,
    /// The customer was there, and nothing was to be done about it.
    Existing,
    /// The record is as new as the message, or newer.
    Stale,
    /// Of a line of a bulk request.
    Deleted,
}

impl OnConflict {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }
}

impl OnStale {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }
}

impl Guard {
    /// Whether the message is not newer than a record with this version.
    pub fn is_stale(&self, stored: Option<SourceVersion>) -> bool {
        self.source_version.zip(stored).is_some_and(|(sent, stored)| sent <= stored)
    }

    /// The version of the record once the message is applied.
    pub fn applied_to(&self, stored: Option<SourceVersion>) -> Option<SourceVersion> {
        self.source_version.or(stored)
    }
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(source_version: Option<i64>) -> Guard {
        Guard { source_version: source_version.map(SourceVersion::from_stored), ..Guard::default() }
    }

    #[test]
    fn a_message_is_stale_where_the_record_is_as_new_or_newer() {
        for (sent, stored, is_stale, then) in [
            (Some(2), Some(1), false, Some(2)),
            (Some(2), Some(2), true, Some(2)),
            (Some(2), Some(3), true, Some(2)),
            (Some(0), None, false, Some(0)),
            (None, Some(3), false, Some(3)),
            (None, None, false, None),
        ] {
            let stored = stored.map(SourceVersion::from_stored);
            assert_eq!(guard(sent).is_stale(stored), is_stale, "{sent:?} {stored:?}");
            assert_eq!(guard(sent).applied_to(stored), then.map(SourceVersion::from_stored));
        }
    }

    #[test]
    fn words_are_taken_in_any_case() {
        assert_eq!(OnConflict::parse("RETURN"), Ok(OnConflict::Return));
        assert_eq!(OnStale::parse("Error"), Ok(OnStale::Error));
        assert_eq!(OnConflict::parse("merge"), Err(Problem::NotInList { allowed: OnConflict::VARIANTS }));
        assert_eq!(OnConflict::VARIANTS, ["error", "return", "update", "replace"]);
        assert_eq!(Outcome::Unchanged.as_str(), "unchanged");
    }
}
