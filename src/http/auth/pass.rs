//! How a request goes on once it is known who sent it.

use axum::{extract::Request, middleware::Next, response::Response};

use crate::http::middleware::request_log::Authenticated;

/// Answers `request` with `caller` among its extensions; the log line finds `authenticated` on the answer.
pub async fn with_caller<C: Clone + Send + Sync + 'static>(
    caller: C,
    authenticated: Authenticated,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(authenticated);
    response
}
