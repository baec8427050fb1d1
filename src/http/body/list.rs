//! A list of request objects, of a length that is bounded before they are read.

use utoipa::openapi::{ArrayBuilder, RefOr, schema::Schema};
use validator::{Validate, ValidationErrors};

use super::{
    elements::First, field::Field, schema::Schemas, unrecognized::Unrecognized, validation::Nested,
    value::Value,
};
use crate::domain::problem::Problem;

/// At most `MAX` entries; each is a value, or it is told what is wrong with it.
pub struct List<T, const MAX: usize>(Vec<Field<T>>);

impl<T, const MAX: usize> List<T, MAX> {
    /// Those that are values, with their places.
    pub fn values(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(place, entry)| Some((place, entry.as_option()?)))
    }

    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().filter_map(Field::into_option)
    }
}

impl<T: Value, const MAX: usize> Value for List<T, MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let First { entries, has_more }: First<Field<T>, MAX> =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "an array" })?;
        if has_more {
            return Err(Problem::TooMany { max: MAX });
        }
        let entries = entries.into_iter().map(|entry| match entry {
            Field::Absent | Field::Null => Field::Invalid(Problem::Required),
            Field::Value(_) | Field::Invalid(_) => entry,
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema(schemas)).max_items(Some(MAX)).into()
    }
}

impl<T: Nested, const MAX: usize> Nested for List<T, MAX> {
    fn check(&self) -> Result<(), ValidationErrors> {
        self.0.validate()
    }

    fn unrecognized(json: &str, found: &mut Unrecognized) {
        found.in_list(json, T::unrecognized);
    }
}
