//! The correlation id of the request under way.
//!
//! It belongs to the task rather than to the request's parts, so that an error can name it wherever it is made.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};

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

/// The caller's UUID, or a new one.
pub fn of_request(headers: &HeaderMap) -> CorrelationId {
    let sent = single(headers, HEADER).and_then(CorrelationId::parse);
    sent.unwrap_or_else(CorrelationId::mint)
}

/// Makes `id` the current one for as long as `work` runs.
pub fn scope<F: Future>(id: CorrelationId, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(id, work)
}

/// Echoes the id.
pub fn add<B>(id: CorrelationId, response: &mut Response<B>) {
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
}
