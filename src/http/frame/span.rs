//! The span of a request: one, at every log level, with ids and the route's template and nothing else of the
//! caller's.

use axum::{extract::Request, response::Response};
use tracing::{Span, field::Empty, info_span};

use super::{correlation, route::Route};
use crate::domain::tenant::TenantId;
use crate::http::headers::single;
use crate::telemetry::{metrics, traces};

/// Of a request that begins, as part of its caller's trace. Disabled, and next to free, where nothing is traced.
pub fn open(request: &Request, route: Route) -> Span {
    let span = of(request, route);
    if !span.is_disabled()
        && let Some(traceparent) = single(request.headers(), "traceparent")
    {
        let tracestate = single(request.headers(), "tracestate").unwrap_or_default();
        traces::continue_from(&traces::Caller { traceparent, tracestate }, &span);
    }
    span
}

/// Says how the request ended.
pub fn close(span: &Span, response: &Response, tenant: Option<TenantId>) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    if let Some(tenant) = tenant {
        span.record("azotte.tenant_id", tracing::field::display(tenant));
    }
}

/// Names as in OpenTelemetry's semantic conventions for HTTP servers.
fn of(request: &Request, route: Route) -> Span {
    let method = metrics::method(request.method().as_str());
    info_span!(
        "request",
        otel.name = format!("{method} {}", route.template),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route.template,
        http.response.status_code = Empty,
        azotte.correlation_id = %correlation::current(),
        azotte.tenant_id = Empty,
    )
}
