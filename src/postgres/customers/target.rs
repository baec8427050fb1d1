//! A customer as statements look for it.

use crate::domain::{customer::CustomerRef, customer_urn::Cell};

/// Statements take both as parameters, one of them null: see [`super::info`].
#[derive(Clone, Copy)]
pub(in crate::postgres) enum Target<'a> {
    Number(i64),
    ExternalId(&'a str),
}

impl<'a> Target<'a> {
    /// `None`: no customer of this cell can have this URN.
    pub fn new(customer: &'a CustomerRef, cell: Cell) -> Option<Self> {
        match customer {
            CustomerRef::Urn(urn) if urn.cell() == cell => urn.stored_number().map(Self::Number),
            CustomerRef::Urn(_) => None,
            CustomerRef::ExternalId(id) => Some(Self::ExternalId(id.as_str())),
        }
    }

    pub fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::ExternalId(_) => None,
        }
    }

    pub fn external_id(self) -> Option<&'a str> {
        match self {
            Self::Number(_) => None,
            Self::ExternalId(id) => Some(id),
        }
    }
}

/// A [`Target`] of its own, for work that outlives the call it is for.
pub(super) enum OwnedTarget {
    Number(i64),
    ExternalId(String),
}

impl From<Target<'_>> for OwnedTarget {
    fn from(target: Target<'_>) -> Self {
        match target {
            Target::Number(number) => Self::Number(number),
            Target::ExternalId(id) => Self::ExternalId(id.to_owned()),
        }
    }
}

impl OwnedTarget {
    pub fn as_target(&self) -> Target<'_> {
        match self {
            Self::Number(number) => Target::Number(*number),
            Self::ExternalId(id) => Target::ExternalId(id),
        }
    }
}
