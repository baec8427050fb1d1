//! Bodies of this surface: what is wrong with one is told in its envelope.

use super::error::C2aError;
use crate::http::{body::JsonBody, idempotency};

pub type Json<T> = JsonBody<T, C2aError>;

/// A body with its `Idempotency-Key`.
pub type Idempotent<T> = idempotency::Idempotent<T, C2aError>;
