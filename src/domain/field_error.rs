//! A problem and the field it is in, by the field's name on the wire.

use std::borrow::Cow;

use crate::domain::problem::Problem;

/// One thing wrong with one field. Never holds the rejected value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path in wire names, such as `customer.primaryBillingAddress.postalCode`.
    pub field: String,
    /// `SCREAMING_SNAKE_CASE`, stable.
    pub code: Cow<'static, str>,
    /// One sentence for a developer.
    pub message: Cow<'static, str>,
}

impl FieldError {
    pub fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self { field: field.into(), code: problem.code().into(), message: problem.message() }
    }
}
