//! From the bytes of a body to a request object, with everything that is wrong told at once.

use serde::de::DeserializeOwned;

use super::{
    inspect::inspect,
    validation::{Nested, field_errors},
};
use crate::domain::field_error::FieldError;
use crate::http::failure::Failure;

/// Makes `T` of a JSON object.
///
/// # Errors
///
/// [`Failure::Malformed`] where there is no JSON object, [`Failure::Invalid`] where its text is wrong: a key twice,
/// a character that no field takes. What is wrong with a field alone is not told here: see [`field_errors`].
pub fn parse<T: DeserializeOwned + Nested>(bytes: &[u8]) -> Result<T, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::Malformed)?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Failure::Malformed);
    }
    let errors = inspect(text)?;
    let value: Result<T, _> = serde_json::from_str(text);
    if errors.is_empty() {
        return value.map_err(|_| Failure::Malformed);
    }
    let in_fields = value.map(|value| field_errors(&value)).unwrap_or_default();
    Err(Failure::Invalid(merge(errors, in_fields)))
}

/// Adds the errors of fields to those of the text. What a field says of a place where the text itself is wrong, or of
/// an object around that place, would only repeat it.
fn merge(mut errors: Vec<FieldError>, in_fields: Vec<FieldError>) -> Vec<FieldError> {
    let repeats = |field: &str| {
        let around = |found: &FieldError| {
            found
                .field
                .strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        errors.iter().any(around)
    };
    let additional: Vec<_> = in_fields.into_iter().filter(|error| !repeats(&error.field)).collect();
    errors.extend(additional);
    errors
}
