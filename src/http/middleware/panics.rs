//! A panic ends one request, not the connection. Its message stays inside: it may quote anything.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::http::c2a::status::C2aError;

pub fn answer(_: Box<dyn Any + Send>) -> Response {
    C2aError::Internal.into_response()
}
