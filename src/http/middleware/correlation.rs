//! The correlation id of the request under way.
//!
//! It belongs to the task rather than to the request's parts, so that an error can name it wherever it is made.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use crate::domain::correlation_id::CorrelationId;
use crate::http::headers::single;

const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

tokio::task_local! {
    static CURRENT: CorrelationId;
}

/// The id of this request; a fresh one outside of any.
pub fn current() -> CorrelationId {
    CURRENT.try_with(|id| *id).unwrap_or_else(|_| CorrelationId::mint())
}

/// Takes the caller's UUID or mints one, and echoes it on the answer.
pub async fn tie(request: Request, next: Next) -> Response {
    let sent = single(request.headers(), HEADER).and_then(CorrelationId::parse);
    let id = sent.unwrap_or_else(CorrelationId::mint);
    let mut response = CURRENT.scope(id, next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
