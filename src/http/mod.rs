//! The HTTP edge: the whole route map, and what every route shares.
//!
//! axum is known here and nowhere else. Handlers parse, call the service and answer; they decide nothing.

pub mod auth;
pub mod c2a;
pub mod connection;
pub mod docs;
pub mod door;
mod etag;
mod field;
mod headers;
pub mod json;
pub mod limits;
pub mod middleware;
mod once;
pub mod openapi;
mod ops;
pub mod partner;
mod query;
mod validation;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    routing::{any, get},
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use self::{auth::Authenticator, docs::Prefill, json::BodyTimeout, limits::Limits};
use crate::service::{
    customers::CustomersService,
    health::Health,
    idempotency::{Idempotency, Services},
    partners::PartnersService,
};
use crate::telemetry::metrics::Metrics;

pub type Customers = Arc<dyn CustomersService>;
pub type Partners = Arc<dyn PartnersService>;

/// What handlers are given.
pub struct App {
    pub customers: Customers,
    pub partners: Partners,
    pub idempotency: Arc<dyn Idempotency>,
    pub authenticator: Arc<Authenticator>,
    pub health: Arc<dyn Health>,
    pub body_timeout: BodyTimeout,
    /// `None` where keys are live.
    pub prefill: Option<Arc<Prefill>>,
    pub limits: Arc<Limits>,
    pub metrics: Arc<Metrics>,
}

/// One for all: every layer has a copy of it for every request.
pub type SharedApp = Arc<App>;

impl App {
    /// The services, each call by itself.
    fn services(&self) -> Services {
        Services { customers: self.customers.clone(), partners: self.partners.clone() }
    }
}

/// Every route of the server; `running` knows the requests under way. The upstream documents print one C2A
/// prefix and call another: both are served.
pub fn router(app: App, running: TaskTracker) -> Router {
    let app = SharedApp::new(app);
    let limits = app.limits.clone();
    let routes = Router::new()
        .route("/health/live", get(ops::live))
        .route("/health/ready", get(ops::ready))
        .route("/metrics", get(ops::metrics))
        .merge(below("/api/c2a/customer", c2a::routes(&app), &app))
        .merge(below("/api/v1/c2a/customer", c2a::routes(&app), &app))
        .merge(below("/v1/Customers", partner::routes(&app), &app))
        .route("/.well-known/jwks.json", get(ops::jwks))
        .merge(docs::routes())
        .fallback(c2a::no_such_route)
        .method_not_allowed_fallback(c2a::no_such_method)
        .with_state(app);
    middleware::around(routes, limits, running)
}

/// A surface at its prefix. `nest` leaves out the prefix with a slash after it, which would tell strangers 404:
/// the surface is asked there too, and has no such route.
fn below(prefix: &str, surface: Router<SharedApp>, app: &SharedApp) -> Router<SharedApp> {
    let closed = surface.clone().with_state(app.clone());
    let slash = any(|request: Request| closed.oneshot(request));
    Router::new().nest(prefix, surface).route(&format!("{prefix}/"), slash)
}
