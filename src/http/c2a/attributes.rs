//! Where a field of the customer record stands in a C2A request.

use crate::domain::{attribute::Attribute, field_error::FieldError, problem::Problem};

/// Its path: inside `customer`, but for the claimed region, which stands beside it.
pub fn path(attribute: Attribute) -> String {
    match attribute {
        Attribute::ClaimedRegion => attribute.to_string(),
        attribute => format!("customer.{attribute}"),
    }
}

/// The record lacks it.
pub fn required(attribute: Attribute) -> FieldError {
    FieldError::new(path(attribute), Problem::Required)
}
