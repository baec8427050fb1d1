//! From the bytes of a body to a request object, with everything that is wrong told at once.

use super::{inspect::inspect, object::RequestObject, unrecognized, validation::field_errors};
use crate::domain::field_error::{FieldError, FieldErrors};
use crate::http::failure::Failure;

/// Of UTF-8 and of UTF-16.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

/// Makes `T` of a JSON object.
///
/// # Errors
///
/// [`Failure::Malformed`] or [`Failure::ByteOrderMark`] where there is no JSON object, [`Failure::Invalid`] where its text is wrong: a key twice,
/// a character that no field takes. What is wrong with a field alone is not told here: see [`field_errors`].
pub fn parse<T: RequestObject>(bytes: &[u8]) -> Result<T, Failure> {
    if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Failure::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::Malformed)?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Failure::Malformed);
    }
    let errors = inspect(text)?;
    unrecognized::note(|found| T::unrecognized(text, found));
    let value = serde_json::from_str(text).map(|mut value: T| {
        value.settle();
        value
    });
    if errors.is_empty() {
        return value.map_err(|_| Failure::Malformed);
    }
    let in_fields = value.map(|value| field_errors(&value)).unwrap_or_default();
    Err(merge(errors, in_fields).into())
}

/// Adds the errors of fields to those of the text. What a field says of a place where the text itself is wrong, or of
/// an object around that place, would only repeat it.
fn merge(mut errors: FieldErrors, mut in_fields: FieldErrors) -> FieldErrors {
    let repeats = |field: &str| {
        let around = |found: &FieldError| {
            let rest = found.field.strip_prefix(field);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        errors.shown().iter().any(around)
    };
    in_fields.retain(|error| !repeats(&error.field));
    errors.append(in_fields);
    errors
}
