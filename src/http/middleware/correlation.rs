//! The correlation id of the request under way.
//!
//! It belongs to the task rather than to the request's parts, so that an error can name it wherever it is made.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
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
pub async fn with_correlation_id<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let id = from_request(&request);
    let response = CURRENT.scope(id, next(request)).await;
    set_header(id, response)
}

/// The same for an answer that awaits nothing.
pub fn with_correlation_id_sync(request: &Request, answer: impl FnOnce() -> Response) -> Response {
    let id = from_request(request);
    let response = CURRENT.sync_scope(id, answer);
    set_header(id, response)
}

fn from_request(request: &Request) -> CorrelationId {
    let sent = single(request.headers(), HEADER).and_then(CorrelationId::parse);
    sent.unwrap_or_else(CorrelationId::mint)
}

fn set_header(id: CorrelationId, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
