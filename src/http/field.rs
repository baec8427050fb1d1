//! One field of a request: absent, `null`, a value of its type, or what is wrong with it.
//!
//! A wrong field does not end the reading of a body, so that a caller hears of all its mistakes at once.
//! `T` carries the rule (`Field<Email>`, `Field<Text<50>>`); `validator` walks the request and collects.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::openapi::{RefOr, schema::Schema};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{json, openapi::Schemas};
use crate::domain::{change::Change, problem::Problem};

/// A type that a request field can hold.
pub trait Wire: Sized {
    /// Reads the JSON text of one value, never `null`.
    fn from_json(json: &str) -> Result<Self, Problem>;

    /// What [`Self::from_json`] and [`Self::check`] take, for the OpenAPI documents.
    fn schema(schemas: &mut Schemas) -> RefOr<Schema>;

    /// What is wrong inside, for a value made of further fields.
    fn check(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

/// `REQUIRED`: absent and `null` are wrong wherever the object that holds the field is there.
#[derive(Clone, Default)]
pub enum Field<T, const REQUIRED: bool = false> {
    #[default]
    Absent,
    Null,
    Value(T),
    Wrong(Problem),
}

pub type Required<T> = Field<T, true>;

impl<T, const REQUIRED: bool> Field<T, REQUIRED> {
    /// Absent and `null` alike, as when a record is new.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }

    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }

    pub fn into_change(self) -> Change<T> {
        match self {
            Self::Value(value) => Change::Set(value),
            Self::Null => Change::Clear,
            Self::Absent | Self::Wrong(_) => Change::Keep,
        }
    }

    /// Whether something was said, right or wrong.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Wrong(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The field, for a record in which `null` has no meaning of its own.
    pub fn or(self, alias: Self) -> Self {
        if self.is_given() { self } else { alias }
    }
}

impl<'de, T: Wire, const REQUIRED: bool> Deserialize<'de> for Field<T, REQUIRED> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(match json.get() {
            "null" => Self::Null,
            json => T::from_json(json).map_or_else(Self::Wrong, Self::Value),
        })
    }
}

impl<T: Wire, const REQUIRED: bool> Validate for Field<T, REQUIRED> {
    fn validate(&self) -> Result<(), ValidationErrors> {
        match self {
            Self::Absent | Self::Null if REQUIRED => Err(wrong(Problem::Required)),
            Self::Absent | Self::Null => Ok(()),
            Self::Value(value) => value.check(),
            Self::Wrong(problem) => Err(wrong(*problem)),
        }
    }
}

/// The key under which a field's own problem travels through `validator`, which names only fields of structs.
pub(super) const ITSELF: &str = "";
/// Begins a key that is the caller's and not a field of ours.
pub(super) const CALLERS: char = '=';

/// Checks fields that the caller named itself, as in a dictionary.
pub(super) fn check_named<'a, T: Wire + 'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Field<T>)>,
) -> Result<(), ValidationErrors> {
    let mut errors = ValidationErrors::new();
    for (name, field) in fields {
        if let Err(found) = field.validate() {
            let key = format!("{CALLERS}{}", json::plain_name(name));
            errors.0.insert(Cow::Owned(key), ValidationErrorsKind::Struct(Box::new(found)));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Checks fields in an array.
pub(super) fn check_listed<T: Wire>(fields: &[Field<T>]) -> Result<(), ValidationErrors> {
    let wrong = fields.iter().enumerate();
    let wrong = wrong.filter_map(|(index, field)| Some((index, Box::new(field.validate().err()?))));
    let wrong: BTreeMap<_, _> = wrong.collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let mut errors = ValidationErrors::new();
    errors.0.insert(Cow::Borrowed(ITSELF), ValidationErrorsKind::List(wrong));
    Err(errors)
}

pub(super) fn wrong(problem: Problem) -> ValidationErrors {
    let error = ValidationError {
        code: Cow::Borrowed(problem.code()),
        message: Some(problem.message()),
        params: HashMap::new(),
    };
    let mut errors = ValidationErrors::new();
    errors.0.insert(Cow::Borrowed(ITSELF), ValidationErrorsKind::Field(vec![error]));
    errors
}

/// Reads a domain value from a JSON string; its schema says what its `parse` takes.
macro_rules! wire_strings {
    ($($type:ty => $schema:expr),+ $(,)?) => {$(
        impl $crate::http::field::Wire for $type {
            fn from_json(json: &str) -> Result<Self, $crate::domain::problem::Problem> {
                <$type>::parse(&$crate::http::json::string(json)?)
            }

            fn schema(
                _: &mut $crate::http::openapi::Schemas,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema.into()
            }
        }
    )+};
}

/// Reads an object made of further fields; its schema goes by its name.
macro_rules! wire_objects {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::http::field::Wire for $type {
            fn from_json(json: &str) -> Result<Self, $crate::domain::problem::Problem> {
                $crate::http::json::object(json)
            }

            fn schema(
                schemas: &mut $crate::http::openapi::Schemas,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let object = <$type as $crate::http::openapi::object::Fields>::object(schemas);
                $crate::http::openapi::object::named(stringify!($type), object, schemas)
            }

            fn check(&self) -> Result<(), validator::ValidationErrors> {
                validator::Validate::validate(self)
            }
        }
    )+};
}

pub(crate) use {wire_objects, wire_strings};
