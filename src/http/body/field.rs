//! One field of a request: absent, `null`, a value of its type, or what is wrong with it.
//!
//! A wrong field does not end the reading of a body, so that a caller hears of all its mistakes at once. The rule of a
//! field is the `parse` of its type, in the domain; `validator` asks each field whether it passed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use validator::{Validate, ValidateRequired, ValidationError, ValidationErrors};

use super::{
    validation::{Nested, error, on_the_whole},
    value::{Scalar, Value},
};
use crate::domain::{change::Change, problem::Problem};

#[derive(Clone, Default)]
pub enum Field<T> {
    #[default]
    Absent,
    Null,
    Value(T),
    Invalid(Problem),
}

/// The rule of a scalar field: the `parse` of its type takes what was sent. What was not sent is not looked at.
///
/// For `#[validate(custom(function = parses))]`. Objects have `#[validate(nested)]` instead.
pub fn parses<T: Scalar>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Absent | Field::Null | Field::Value(_) => Ok(()),
        Field::Invalid(problem) => Err(error(*problem)),
    }
}

/// `#[validate(nested)]`: the rules of the object, dictionary or list inside.
impl<T: Nested> Validate for Field<T> {
    fn validate(&self) -> Result<(), ValidationErrors> {
        match self {
            Self::Absent | Self::Null => Ok(()),
            Self::Value(value) => value.check(),
            Self::Invalid(problem) => Err(on_the_whole(*problem)),
        }
    }
}

/// `#[validate(required)]`: something was sent, and not `null`.
impl<T> ValidateRequired for Field<T> {
    fn is_some(&self) -> bool {
        self.is_given()
    }
}

impl<T> Field<T> {
    /// Absent and `null` alike, as when a record is new.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Invalid(_) => None,
        }
    }

    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Invalid(_) => None,
        }
    }

    /// Whether something was said, right or wrong.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Invalid(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The field, for a record in which `null` has no meaning of its own.
    pub fn or(self, alias: Self) -> Self {
        if self.is_given() { self } else { alias }
    }
}

/// A value of a request as what it stands for in the domain.
pub trait IntoDomain {
    type Domain;

    /// `None`: something in it is missing or wrong, which `field_errors` tells.
    fn into_domain(self) -> Option<Self::Domain>;
}

/// A scalar is the domain's already.
impl<T: Scalar> IntoDomain for T {
    type Domain = T;

    fn into_domain(self) -> Option<T> {
        Some(self)
    }
}

impl<T: IntoDomain> Field<T> {
    /// What it says of the field: absent keeps, `null` clears. A wrong value is told elsewhere, and changes nothing.
    pub fn into_domain(self) -> Change<T::Domain> {
        match self {
            Self::Value(value) => value.into_domain().map_or(Change::Keep, Change::Set),
            Self::Null => Change::Clear,
            Self::Absent | Self::Invalid(_) => Change::Keep,
        }
    }
}

impl<'de, T: Value> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(match json.get() {
            "null" => Self::Null,
            json => T::from_json(json).map_or_else(Self::Invalid, Self::Value),
        })
    }
}

/// As nothing: `validator` keeps a serialized copy of the field beside its error, which must not hold the value.
impl<T> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
