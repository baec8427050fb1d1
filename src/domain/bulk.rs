//! The lines of a bulk request: each is a write of one customer, as a call of its own would ask for it.

use std::{collections::HashSet, sync::Arc};

use strum::{EnumString, VariantNames};

use crate::domain::{
    change::Change,
    customer::{CustomerRef, Profile, ProfileChange},
    customer_urn::CustomerUrn,
    customer_write::CustomerWrite,
    problem::Problem,
    text,
    upsert::{Guard, IfTaken},
};

#[derive(Clone, Debug)]
pub enum Line {
    Store { profile: Arc<Profile>, guard: Guard, if_taken: IfTaken },
    Update { customer: CustomerRef, guard: Guard, change: Box<ProfileChange> },
    Delete { customer: CustomerRef },
}

/// What a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, VariantNames)]
#[strum(ascii_case_insensitive, serialize_all = "camelCase")]
pub enum LineKind {
    Store,
    Update,
    Delete,
}

/// The caller's own name of a line, which its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRef(String);

/// Whether lines are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Write,
    /// Everything is judged and nothing is written.
    DryRun,
}

/// What a line calls its customer, or is going to.
#[derive(PartialEq, Eq, Hash)]
enum Name<'a> {
    Urn(CustomerUrn),
    ExternalId(&'a str),
}

impl Line {
    /// As it is counted.
    pub fn write(&self) -> CustomerWrite {
        match self {
            Self::Store { .. } => CustomerWrite::Store,
            Self::Update { .. } => CustomerWrite::Update,
            Self::Delete { .. } => CustomerWrite::Delete,
        }
    }

    fn names(&self) -> impl Iterator<Item = Name<'_>> {
        let [first, second] = match self {
            Self::Store { profile, .. } => [Some(Name::ExternalId(profile.external_id.as_str())), None],
            Self::Update { customer, change, .. } => {
                let new = match &change.external_id {
                    Change::Set(id) => Some(Name::ExternalId(id.as_str())),
                    Change::Keep | Change::Clear => None,
                };
                [Some(Name::of(customer)), new]
            }
            Self::Delete { customer } => [Some(Name::of(customer)), None],
        };
        first.into_iter().chain(second)
    }
}

impl LineKind {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }
}

impl LineRef {
    pub const MAX_CHARS: usize = 64;

    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::check(value, Self::MAX_CHARS)?;
        Ok(Self(value.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> Name<'a> {
    fn of(customer: &'a CustomerRef) -> Self {
        match customer {
            CustomerRef::Urn(urn) => Self::Urn(*urn),
            CustomerRef::ExternalId(id) => Self::ExternalId(id.as_str()),
        }
    }
}

/// How many of the lines name a customer that none before them names: so many can be carried out together.
pub fn distinct(lines: &[Line]) -> usize {
    let mut seen = HashSet::new();
    lines.iter().position(|line| line.names().any(|name| !seen.insert(name))).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::external_id::ExternalId;

    fn id(text: &str) -> ExternalId {
        ExternalId::parse(text).unwrap()
    }

    fn update(customer: CustomerRef, new: Option<&str>) -> Line {
        let external_id = new.map_or(Change::Keep, |new| Change::Set(id(new)));
        let change = Box::new(ProfileChange { external_id, ..ProfileChange::default() });
        Line::Update { customer, guard: Guard::default(), change }
    }

    fn by_id(text: &str) -> CustomerRef {
        CustomerRef::ExternalId(id(text))
    }

    fn by_urn(text: &str) -> CustomerRef {
        CustomerRef::Urn(CustomerUrn::parse(text).unwrap())
    }

    #[test]
    fn a_batch_ends_before_a_line_that_names_a_customer_again() {
        let delete = |customer| Line::Delete { customer };
        for (lines, expected) in [
            (vec![], 0),
            (vec![delete(by_id("a")), delete(by_id("b"))], 2),
            (vec![delete(by_id("a")), update(by_id("a"), None), delete(by_id("b"))], 1),
            (vec![delete(by_urn("cu.00.1")), delete(by_id("a")), update(by_urn("cu.00.1"), None)], 2),
            // A new name is a name.
            (vec![update(by_urn("cu.00.1"), Some("a")), delete(by_id("a"))], 1),
            (vec![delete(by_id("a")), update(by_urn("cu.00.1"), Some("a"))], 1),
        ] {
            assert_eq!(distinct(&lines), expected, "{lines:?}");
        }
    }
}
