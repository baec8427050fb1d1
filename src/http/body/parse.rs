//! From the bytes of a body to a request object, with everything that is wrong told at once.

use super::{
    inspect::inspect,
    object::RequestObject,
    unrecognized,
    validation::{Nested, field_errors},
};
use crate::domain::field_error::{FieldError, FieldErrors};
use crate::http::failure::Failure;

/// Of UTF-8 and of UTF-16.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

/// What can be made of a body.
pub trait FromBody: Sized + Send + 'static {
    /// The most it may hold.
    const MAX_BYTES: usize;

    /// # Errors
    ///
    /// [`Failure::Malformed`] or [`Failure::ByteOrderMark`] where there is no JSON object, [`Failure::Invalid`] where
    /// its text is wrong.
    fn from_body(bytes: &[u8]) -> Result<Self, Failure>;
}

impl<T: RequestObject> FromBody for T {
    const MAX_BYTES: usize = <T as RequestObject>::MAX_BYTES;

    fn from_body(bytes: &[u8]) -> Result<Self, Failure> {
        Inspected::from_body(bytes)?.sound()
    }
}

/// For an endpoint that answers by itself what is wrong with the text: only one that keeps the object from being made is
/// an error.
impl<T: RequestObject> FromBody for Inspected<T> {
    const MAX_BYTES: usize = <T as RequestObject>::MAX_BYTES;

    fn from_body(bytes: &[u8]) -> Result<Self, Failure> {
        let text = ObjectText::of(bytes)?;
        unrecognized::note(|found| T::unrecognized(text.text, found));
        text.inspected()
    }
}

/// The text of a JSON object, and what is wrong with it before any field is read: a key twice, a character that no field
/// takes.
pub struct ObjectText<'a> {
    pub text: &'a str,
    errors: FieldErrors,
}

impl<'a> ObjectText<'a> {
    /// # Errors
    ///
    /// [`Failure::Malformed`] or [`Failure::ByteOrderMark`]: there is no JSON object.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Failure> {
        if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
            return Err(Failure::ByteOrderMark);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Failure::Malformed)?;
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Failure::Malformed);
        }
        Ok(Self { text, errors: inspect(text)? })
    }

    /// The object, if nothing is wrong with its text.
    pub fn into_object<T: RequestObject>(self) -> Result<T, Failure> {
        self.inspected()?.sound()
    }

    fn inspected<T: RequestObject>(self) -> Result<Inspected<T>, Failure> {
        let Self { text, errors } = self;
        match serde_json::from_str::<T>(text) {
            Ok(mut value) => {
                value.settle();
                Ok(Inspected { value, errors })
            }
            Err(_) if errors.is_empty() => Err(Failure::Malformed),
            Err(_) => Err(errors.into()),
        }
    }
}

/// A request object, and what is wrong with the text it was made of.
pub struct Inspected<T> {
    pub value: T,
    pub errors: FieldErrors,
}

impl<T: Nested> Inspected<T> {
    /// The object, if nothing is wrong with its text. What is wrong with a field alone is told only beside that: see
    /// [`field_errors`].
    pub fn sound(self) -> Result<T, Failure> {
        let Self { value, errors } = self;
        if errors.is_empty() {
            return Ok(value);
        }
        Err(merge(errors, field_errors(&value)).into())
    }
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
