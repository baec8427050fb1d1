//! The span of a request: one, at every log level, with ids and the route's template and nothing else of the
//! caller's.

use axum::{extract::Request, response::Response};
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    correlation,
    request_log::{Authenticated, route},
};
use crate::http::headers::single;
use crate::telemetry::{metrics, traces};

pub async fn open<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let span = of(&request);
    if span.is_disabled() {
        return next(request).await;
    }
    if let Some(traceparent) = single(request.headers(), "traceparent") {
        let tracestate = single(request.headers(), "tracestate").unwrap_or_default();
        traces::continue_from(&traces::Caller { traceparent, tracestate }, &span);
    }
    let response = next(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    if let Some(caller) = response.extensions().get::<Authenticated>() {
        span.record("azotte.tenant_id", tracing::field::display(caller.tenant()));
    }
    response
}

/// Names as in OpenTelemetry's semantic conventions for HTTP servers.
fn of(request: &Request) -> Span {
    let method = metrics::method(request.method().as_str());
    let route = || route(request);
    info_span!(
        "request",
        otel.name = format!("{method} {}", route()),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route(),
        http.response.status_code = Empty,
        azotte.correlation_id = %correlation::current(),
        azotte.tenant_id = Empty,
    )
}
