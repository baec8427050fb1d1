//! Places in the feed of a tenant, and in its export, as callers keep them.
//!
//! Callers take them for opaque text. They are readable all the same, so that two of them can be compared in a log.

use std::fmt;

use uuid::Uuid;

use crate::domain::{problem::Problem, uuid_ids::uuid_ids};

uuid_ids! {
    /// The name of a tenant's feed. It gets another one where positions that were read may be given again.
    FeedId;
}

impl FeedId {
    pub fn generate() -> Self {
        Self(Uuid::new_v4())
    }

    /// The part of it that cursors hold.
    pub fn tag(self) -> FeedTag {
        let [a, b, c, d, ..] = *self.0.as_bytes();
        FeedTag(u32::from_be_bytes([a, b, c, d]))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedTag(u32);

/// Everything up to `position` is read: `f1-9f3a1c02-42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub feed: FeedTag,
    pub position: i64,
}

/// An export that goes on: `e1-9f3a1c02-42-249717320900994890`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportCursor {
    /// Where the feed was when the export began: the first of all its calls.
    pub began_at: Cursor,
    /// The number of the last customer that was sent; 0 before the first.
    pub after: i64,
}

impl Cursor {
    /// In the spelling of [`fmt::Display`], and no other.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let parts: Vec<&str> = text.split('-').collect();
        let cursor = match parts[..] {
            ["f1", tag, position] => Self::of_parts(tag, position),
            _ => None,
        };
        cursor.filter(|cursor| cursor.to_string() == text).ok_or(Problem::InvalidCursor)
    }

    fn of_parts(tag: &str, position: &str) -> Option<Self> {
        let feed = FeedTag(u32::from_str_radix(tag, 16).ok()?);
        Some(Self { feed, position: number(position)? })
    }
}

impl ExportCursor {
    /// In the spelling of [`fmt::Display`], and no other.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let parts: Vec<&str> = text.split('-').collect();
        let cursor = match parts[..] {
            ["e1", tag, position, after] => Cursor::of_parts(tag, position).zip(number(after)),
            _ => None,
        };
        let cursor = cursor.map(|(began_at, after)| Self { began_at, after });
        cursor.filter(|cursor| cursor.to_string() == text).ok_or(Problem::InvalidCursor)
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number >= 0)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f1-{:08x}-{}", self.feed.0, self.position)
    }
}

impl fmt::Display for ExportCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { began_at: Cursor { feed, position }, after } = self;
        write!(f, "e1-{:08x}-{position}-{after}", feed.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::uuid;

    use super::*;

    #[test]
    fn a_cursor_names_the_feed_and_the_position() {
        let feed = FeedId(uuid!("9f3a1c02-0000-4000-8000-000000000000")).tag();
        let cursor = Cursor { feed, position: 42 };
        assert_eq!(cursor.to_string(), "f1-9f3a1c02-42");
        assert_eq!(ExportCursor { began_at: cursor, after: 7 }.to_string(), "e1-9f3a1c02-42-7");
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "",
            "42",
            "f1-9f3a1c02",
            "f1-9F3A1C02-42",
            "f1-9f3a1c02-042",
            "f1-9f3a1c02-+42",
            "f1-9f3a1c02--1",
            "f1-9f3a1c2-42",
            "f1-9f3a1c02-9223372036854775808",
            "f2-9f3a1c02-42",
            "e1-9f3a1c02-42-1",
            " f1-9f3a1c02-42",
        ] {
            assert_eq!(Cursor::parse(text), Err(Problem::InvalidCursor), "{text:?}");
        }
        for text in ["", "f1-9f3a1c02-42", "e1-9f3a1c02-42", "e1-9f3a1c02-42-01", "e1-9f3a1c02-42-1-1"] {
            assert_eq!(ExportCursor::parse(text), Err(Problem::InvalidCursor), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(tag in any::<u32>(), position in 0_i64.., after in 0_i64..) {
            let cursor = Cursor { feed: FeedTag(tag), position };
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
            let export = ExportCursor { began_at: cursor, after };
            prop_assert_eq!(ExportCursor::parse(&export.to_string()), Ok(export));
        }
    }
}
