//! Whether a tenant's own list of its customers is the one that is here: ranges of external ids, and their records.
//!
//! External ids are in the order of the bytes of their UTF-8, which is that of their code points.

use std::{cmp::Ordering, fmt};

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::{
    customer_urn::CustomerUrn, digest::Tally, external_id::ExternalId, feed::Cursor, problem::Problem, text,
};

/// What two records with the same external id are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive, serialize_all = "camelCase")]
pub enum By {
    Version,
    /// The tenant's own version. A customer may have none.
    SourceVersion,
    /// Nothing else: whether there is one.
    ExternalIdentifier,
}

impl By {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Text in the place of an external id: it need not be one that a customer can have.
#[derive(Clone, PartialEq, Eq)]
pub struct IdText(String);

impl IdText {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        let max_chars = ExternalId::MAX_CHARS;
        if value.chars().count() > max_chars {
            return Err(Problem::TooLong { max_chars });
        }
        Ok(Self(value.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// How many records a caller has in a span: 0 to [`Span::MAX_ROWS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeCount(i64);

impl RangeCount {
    pub const MAX: usize = 5000;
    pub const EXPECTED: &'static str = "a whole number";

    /// Of digits.
    pub fn parse(digits: &str) -> Result<Self, Problem> {
        if !digits.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::WrongType { expected: Self::EXPECTED });
        }
        let count = digits.parse().ok().filter(|count| (0..=Self::MAX as i64).contains(count));
        count.map(Self).ok_or(Problem::OutOfRange)
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

/// The external ids behind `after`, up to and with `up_to`; without it, all that are behind.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    pub after: String,
    pub up_to: Option<String>,
}

impl Span {
    /// Customers of a span that are looked at.
    pub const MAX_ROWS: i64 = RangeCount::MAX as i64;

    pub fn holds(&self, external_id: &str) -> bool {
        external_id > self.after.as_str() && self.up_to.as_deref().is_none_or(|end| external_id <= end)
    }

    /// Whether its end comes behind its beginning.
    pub fn is_forward(&self) -> bool {
        self.up_to.as_deref().is_none_or(|end| end > self.after.as_str())
    }
}

/// External ids are the tenant's names for people.
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Span(..)")
    }
}

/// The customers of a span that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeHere {
    pub tally: Tally,
    /// The last that was counted, where there are more than [`Span::MAX_ROWS`].
    pub cut_at: Option<String>,
}

impl RangeHere {
    pub fn equals(&self, tally: Tally) -> bool {
        self.cut_at.is_none() && self.tally == tally
    }
}

/// A record in the tenant's list.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    pub external_id: String,
    /// What it is compared by.
    pub number: Option<i64>,
}

/// A customer that is here.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    pub external_id: String,
    pub urn: CustomerUrn,
    pub number: Option<i64>,
}

/// Where the list and the customers differ, each in the order of external ids.
#[derive(Clone, Default)]
pub struct Differences {
    /// External ids that are listed.
    pub missing_here: Vec<String>,
    /// Customers that are not.
    pub missing_there: Vec<Found>,
    pub different: Vec<Different>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Different {
    pub external_id: String,
    pub urn: CustomerUrn,
    pub yours: Option<i64>,
    pub ours: Option<i64>,
}

/// What became of a span whose records were compared one by one.
#[derive(Clone)]
pub struct Compared {
    /// Up to `cut_at`, where that is.
    pub differences: Differences,
    /// The last customer that was compared, where there are more than [`Span::MAX_ROWS`].
    pub cut_at: Option<String>,
    /// Where the feed was before the first customer was read.
    pub cursor: Cursor,
}

impl Differences {
    /// Of `found`, in order, and `listed`, in any: no external id stands in one of them twice.
    pub fn between(mut listed: Vec<Listed>, found: Vec<Found>) -> Self {
        listed.sort_unstable_by(|a, b| a.external_id.cmp(&b.external_id));
        let mut differences = Self::default();
        let (mut listed, mut found) = (listed.into_iter().peekable(), found.into_iter().peekable());
        loop {
            let order = match (listed.peek(), found.peek()) {
                (None, None) => return differences,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(yours), Some(ours)) => yours.external_id.cmp(&ours.external_id),
            };
            let yours = listed.next_if(|_| order.is_le());
            let ours = found.next_if(|_| order.is_ge());
            differences.note(yours, ours);
        }
    }

    fn note(&mut self, yours: Option<Listed>, ours: Option<Found>) {
        match (yours, ours) {
            (Some(yours), None) => self.missing_here.push(yours.external_id),
            (None, Some(ours)) => self.missing_there.push(ours),
            (Some(Listed { external_id, number: yours }), Some(Found { urn, number: ours, .. }))
                if yours != ours =>
            {
                self.different.push(Different { external_id, urn, yours, ours });
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

/// What a caller says of a span, to be compared with what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub span: Span,
    pub tally: Tally,
}

impl Claim {
    /// Of one call.
    pub const MAX: usize = 100;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::btree_map, prelude::*};

    use super::*;
    use crate::domain::customer_urn::Cell;

    fn span(after: &str, up_to: Option<&str>) -> Span {
        Span { after: after.to_owned(), up_to: up_to.map(str::to_owned) }
    }

    #[test]
    fn a_span_begins_behind_its_beginning_and_holds_its_end() {
        let from_a_to_c = span("a", Some("c"));
        assert_eq!(
            ["", "a", "a\0", "b", "c", "c\0"].map(|id| from_a_to_c.holds(id)),
            [false, false, true, true, true, false]
        );
        assert!(span("a", None).holds("\u{10ffff}"));
        assert!(!span("a", None).holds("a"));
    }

    /// In UTF-16 these two would be the other way round.
    #[test]
    fn the_order_is_that_of_utf_8() {
        assert!(span("\u{ffee}", Some("\u{10000}")).is_forward());
        for (after, up_to) in [("\u{10000}", "\u{ffee}"), ("a", "a"), ("b", "a"), ("a", "B"), ("", "")] {
            assert!(!span(after, Some(up_to)).is_forward(), "{after:?} {up_to:?}");
        }
    }

    proptest! {
        #[test]
        fn every_difference_is_told_and_no_other(
            yours in btree_map("[a-f]{1,2}", proptest::option::of(0..3_i64), 0..20),
            ours in btree_map("[a-f]{1,2}", proptest::option::of(0..3_i64), 0..20),
        ) {
            let urn = |number| CustomerUrn::from_stored(Cell::default(), number);
            let listed = yours.iter().rev().map(|(id, number)| Listed { external_id: id.clone(), number: *number });
            let found = ours.iter().zip(1..).map(|((id, number), place)| Found {
                external_id: id.clone(), urn: urn(place), number: *number,
            });

            let told = Differences::between(listed.collect(), found.collect());

            let only = |one: &BTreeMap<String, Option<i64>>, other: &BTreeMap<String, Option<i64>>| {
                one.keys().filter(|id| !other.contains_key(*id)).cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(told.missing_here, only(&yours, &ours));
            let missing_there: Vec<_> = told.missing_there.iter().map(|found| found.external_id.clone()).collect();
            prop_assert_eq!(missing_there, only(&ours, &yours));
            let different: Vec<_> =
                told.different.iter().map(|one| (one.external_id.clone(), one.yours, one.ours)).collect();
            let expected: Vec<_> = yours
                .iter()
                .filter_map(|(id, mine)| ours.get(id).filter(|theirs| *theirs != mine).map(|theirs| (id.clone(), *mine, *theirs)))
                .collect();
            prop_assert_eq!(different, expected);
        }
    }
}
