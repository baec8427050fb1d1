//! Text that must be sent and may be empty: many countries have no states, and some no postal codes.

use utoipa::openapi::{RefOr, schema::Schema};
use validator::ValidationError;

use crate::domain::{problem::Problem, text::Text};
use crate::http::body::{
    field::{Field, parses},
    schema::{self, Schemas},
    validation::error,
    value::{self, Scalar, Value},
};

/// Blank text is none.
pub struct TextOrNone<const MAX: usize>(Option<Text<MAX>>);

impl<const MAX: usize> TextOrNone<MAX> {
    pub fn into_text(self) -> Option<Text<MAX>> {
        self.0
    }
}

impl<const MAX: usize> Value for TextOrNone<MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        match Text::parse(&value::line(json)?) {
            Ok(text) => Ok(Self(Some(text))),
            Err(Problem::Blank) => Ok(Self(None)),
            Err(problem) => Err(problem),
        }
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::text_or_blank(MAX).into()
    }
}

impl<const MAX: usize> Scalar for TextOrNone<MAX> {}

/// For `#[validate(custom(function = is_there))]`: sent, be it as `null`.
pub fn is_there<const MAX: usize>(field: &Field<TextOrNone<MAX>>) -> Result<(), ValidationError> {
    if matches!(field, Field::Absent) { Err(error(Problem::Required)) } else { parses(field) }
}
