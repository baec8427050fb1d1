//! One line a request: what was asked by its route, how it ended, who asked by ids. No personal data:
//! no path, no query, no header, no body. What the gate refuses is only counted.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};

use super::correlation;
use crate::domain::{
    caller::{Actor, Caller},
    tenant::TenantId,
};
use crate::telemetry::metrics;

/// Left on an answer by authentication, for the log.
#[derive(Clone)]
pub struct Authenticated {
    tenant: TenantId,
    actor: Actor,
}

impl Authenticated {
    pub(super) fn tenant(&self) -> TenantId {
        self.tenant
    }
}

impl From<&Caller> for Authenticated {
    fn from(caller: &Caller) -> Self {
        Self { tenant: caller.tenant_id(), actor: caller.actor.clone() }
    }
}

/// Left on an answer that refuses credentials, for the log: one of a short list of reasons.
#[derive(Clone, Copy)]
pub struct RefusedFor(pub &'static str);

pub async fn write<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = route(&request);
    let response = next(request).await;
    metrics::request(&route, metrics::method(method.as_str()), response.status().as_u16(), started.elapsed());
    let caller = response.extensions().get::<Authenticated>();
    let tenant = caller.map(|caller| tracing::field::display(caller.tenant));
    let actor = caller.map(|caller| tracing::field::display(&caller.actor));
    let refused_for = response.extensions().get::<RefusedFor>().map(|reason| reason.0);
    macro_rules! write_line {
        ($level:ident) => {
            tracing::$level!(
                method = method.as_str(),
                route,
                status = response.status().as_u16(),
                duration_ms = started.elapsed().as_secs_f64() * 1000.0,
                tenant,
                actor,
                refused_for,
                correlation_id = %correlation::current(),
                "request"
            )
        };
    }
    // Asked every few seconds, for ever.
    if route.starts_with("/health/") {
        write_line!(debug)
    } else {
        write_line!(info)
    }
    response
}

/// In place of a route's template.
pub const NO_ROUTE: &str = "-";

/// The route's template, or [`NO_ROUTE`] where none matched: a path is the caller's text.
pub fn route(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    matched.filter(|path| !path.contains("{*")).unwrap_or(NO_ROUTE).to_owned()
}
