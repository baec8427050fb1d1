//! One line and one count a request: what was asked by its route, how it ended, who asked by ids. No personal data:
//! no path, no query, no header, no body.

use std::time::{Instant, SystemTime};

use axum::{extract::Request, http::Method, response::Response};

use super::{correlation, route::Route};
use crate::domain::{
    caller::{Actor, Caller},
    correlation_id::CorrelationId,
    tenant::TenantId,
};
use crate::http::failure::Failure;
use crate::telemetry::{
    log::request_lines::{self, Importance, Line},
    metrics,
};

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
        let (method, duration) = (metrics::method(method.as_str()), started.elapsed());
        metrics::request(route.template, method, status, duration);
        // Health is asked every few seconds, for ever; and a full server has no time for a line each.
        let is_ordinary = !route.is_health() && !*is_overloaded;
        request_lines::write(Line {
            at: SystemTime::now(),
            importance: if is_ordinary { Importance::Info } else { Importance::Debug },
            method,
            route: route.template,
            status,
            duration,
            tenant: caller.map(|(tenant, _)| tenant),
            actor: caller.map(|(_, actor)| actor),
            refused_for: *refused_for,
            correlation_id: *correlation_id,
        });
    }
}
