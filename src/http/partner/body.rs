//! Bodies of this surface: what is wrong with one is told in its error object.

use super::error::PartnerError;
use crate::http::idempotency;

/// A body with its `Idempotency-Key`.
pub type Idempotent<T> = idempotency::Idempotent<T, PartnerError>;
