//! One line and one count a request: what was asked by its route, how it ended, who asked by ids. No personal data:
//! no path, no query, no header, no body.

use std::time::Instant;

use axum::{extract::Request, http::Method, response::Response};

use super::{correlation, route::Route};
use crate::domain::{
    caller::{Actor, Caller},
    correlation_id::CorrelationId,
    tenant::TenantId,
};
use crate::http::failure::Failure;
use crate::telemetry::metrics;

/// The client hung up, as nginx counts it: nobody is answered this.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Left on an answer that refuses credentials, for the log: one of a short list of reasons.
#[derive(Clone, Copy)]
pub struct RefusedFor(pub &'static str);

/// A request, from its beginning to its end: dropped, it is counted and written.
pub struct Exchange {
    started: Instant,
    method: Method,
    route: Route,
    correlation_id: CorrelationId,
    caller: Option<(TenantId, Actor)>,
    refused_for: Option<&'static str>,
    status: Option<u16>,
    is_overloaded: bool,
}

/// How a surface answers a failure.
pub type Answer = fn(Failure) -> Response;

impl Exchange {
    pub fn begin(request: &Request, route: Route) -> Self {
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            route,
            correlation_id: correlation::current(),
            caller: None,
            refused_for: None,
            status: None,
            is_overloaded: false,
        }
    }

    pub fn set_caller(&mut self, caller: &Caller) {
        self.caller = Some((caller.tenant_id(), caller.actor));
    }

    pub fn tenant(&self) -> Option<TenantId> {
        self.caller.as_ref().map(|(tenant, _)| *tenant)
    }

    pub fn method(&self) -> &Method {
        &self.method
    }

    pub fn route(&self) -> Route {
        self.route
    }

    /// The answer where the server, or the caller's share of it, is full.
    pub fn overloaded(&mut self, answer: Answer) -> Response {
        self.is_overloaded = true;
        answer(Failure::Unavailable)
    }

    pub fn end(mut self, response: &Response) {
        self.status = Some(response.status().as_u16());
        self.refused_for = response.extensions().get::<RefusedFor>().map(|reason| reason.0);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let Self { started, method, route, correlation_id, caller, refused_for, status, is_overloaded } =
            self;
        let status = status.unwrap_or(CLIENT_CLOSED_REQUEST);
        metrics::request(route.template, metrics::method(method.as_str()), status, started.elapsed());
        let tenant = caller.as_ref().map(|(tenant, _)| tracing::field::display(tenant));
        let actor = caller.as_ref().map(|(_, actor)| tracing::field::display(actor));
        macro_rules! write_line {
            ($level:ident) => {
                tracing::$level!(
                    method = method.as_str(),
                    route = route.template,
                    status,
                    duration_ms = started.elapsed().as_secs_f64() * 1000.0,
                    tenant,
                    actor,
                    refused_for,
                    %correlation_id,
                    "request"
                )
            };
        }
        // Health is asked every few seconds, for ever; and a full server has no time for a line each.
        if route.is_health() || *is_overloaded { write_line!(debug) } else { write_line!(info) }
    }
}
