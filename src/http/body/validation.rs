//! What `validator` collected, as [`FieldError`]s: paths in wire names, in alphabetical order, never a rejected value.
//!
//! `validator` keys its errors by the names of Rust's fields. Each object renames those of its own fields, and keys
//! that are the caller's (in a dictionary) stay as they are.

use std::{borrow::Cow, collections::BTreeMap};

use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{inspect::plain_name, unrecognized::Unrecognized};
use crate::domain::{
    field_error::{FieldError, FieldErrors},
    problem::Problem,
};

/// `validator`'s key for an error of an object as a whole.
const WHOLE: &str = "__all__";
/// `validator`'s code for its rule `required`.
const REQUIRED: &str = "required";

/// A value with rules inside: an object, a dictionary or a list.
pub trait Nested {
    /// What is wrong inside, by wire names.
    fn check(&self) -> Result<(), ValidationErrors>;

    /// Adds the names inside `json`, which stands for such a value, that mean nothing here.
    fn unrecognized(json: &str, found: &mut Unrecognized);
}

/// Everything wrong with `request`.
pub fn field_errors(request: &impl Nested) -> FieldErrors {
    let mut found = Vec::new();
    if let Err(errors) = request.check() {
        flatten(errors, "", &mut found);
    }
    found.sort_by(|a, b| a.field.cmp(&b.field));
    found.into_iter().collect()
}

fn flatten(errors: ValidationErrors, path: &str, found: &mut Vec<FieldError>) {
    for (name, kind) in errors.into_errors() {
        let field = match (path, &*name) {
            (path, WHOLE) => path.to_owned(),
            ("", name) => name.to_owned(),
            (path, name) => format!("{path}.{name}"),
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => flatten(*inner, &field, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    flatten(*inner, &format!("{field}[{index}]"), found);
                }
            }
            ValidationErrorsKind::Field(errors) => {
                found.extend(errors.into_iter().map(|error| field_error(field.clone(), error)));
            }
        }
    }
}

fn field_error(field: String, error: ValidationError) -> FieldError {
    if error.code == REQUIRED {
        return FieldError::new(field, Problem::Required);
    }
    FieldError::from_parts(field, error.code, error.message.unwrap_or_default())
}

/// A problem in `validator`'s words.
pub fn error(problem: Problem) -> ValidationError {
    ValidationError::new(problem.code()).with_message(problem.message())
}

/// A problem of an object, dictionary or list itself.
pub fn on_the_whole(problem: Problem) -> ValidationErrors {
    let mut errors = ValidationErrors::new();
    errors.add(WHOLE, error(problem));
    errors
}

/// The errors of an object, by the wire names of its fields.
pub fn renamed(
    errors: ValidationErrors,
    wire_name: impl Fn(&str) -> Option<&'static str>,
) -> ValidationErrors {
    let errors = errors.into_errors().into_iter();
    ValidationErrors(
        errors.map(|(name, kind)| (wire_name(&name).map_or(name, Cow::Borrowed), kind)).collect(),
    )
}

/// `checked`, and the problem of one more field.
pub fn and(
    checked: Result<(), ValidationErrors>,
    problem: Option<(&'static str, Problem)>,
) -> Result<(), ValidationErrors> {
    let Some((name, problem)) = problem else { return checked };
    let mut errors = checked.err().unwrap_or_default();
    errors.add(name, error(problem));
    Err(errors)
}

/// The errors of a dictionary, by the caller's own keys.
pub fn check_entries<V: Validate>(entries: &BTreeMap<String, V>) -> Result<(), ValidationErrors> {
    let wrong = entries.iter().filter_map(|(key, value)| {
        let inner = value.validate().err()?;
        Some((Cow::Owned(plain_name(key).to_owned()), ValidationErrorsKind::Struct(Box::new(inner))))
    });
    let errors = ValidationErrors(wrong.collect());
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
