//! The HTTP edge: the whole route map.
//!
//! axum is known here and nowhere else. Handlers parse, call the service and answer; they decide nothing. This file is
//! the only one outside of `c2a` and `partner` that knows these two surfaces.

pub mod auth;
pub mod body;
mod c2a;
pub mod connection;
pub mod connection_runtime;
pub mod docs;
mod entity_tags;
mod failure;
mod headers;
mod idempotency;
pub mod limits;
mod middleware;
mod openapi;
mod ops;
mod partner;
mod query;
pub mod readiness;
pub mod state;

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Request,
    response::Response,
    routing::{any, get},
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use self::{
    docs::{Documents, Prefill},
    state::SharedApp,
};

const C2A: &str = "/api/c2a/customer";
const C2A_V1: &str = "/api/v1/c2a/customer";
const PARTNER: &str = "/v1/Customers";

/// Every route of the server; `running` knows the requests under way. The upstream documents print one C2A
/// prefix and call another: both are served.
pub fn router(app: SharedApp, prefill: Option<Prefill>, running: TaskTracker) -> Router {
    let limits = app.limits.clone();
    let routes = Router::new()
        .route("/health/live", get(ops::live))
        .route("/health/ready", get(ops::ready))
        .merge(below(C2A, c2a::routes(&app), &app))
        .merge(below(C2A_V1, c2a::routes(&app), &app))
        .merge(below(PARTNER, partner::routes(&app), &app))
        .route("/.well-known/jwks.json", get(ops::jwks))
        .merge(docs::routes(prefill, app.authenticator.clone(), documents()))
        .fallback(c2a::no_such_route)
        .method_not_allowed_fallback(c2a::no_such_method)
        .with_state(app);
    middleware::around(routes, limits, running, overloaded, c2a::panicked)
}

/// For operators, on an address of their own: what is in flight there does not depend on the limits of customers.
pub fn ops_router(app: SharedApp) -> Router {
    Router::new()
        .route("/health/live", get(ops::live))
        .route("/health/ready", get(ops::ready_with_reason))
        .route("/metrics", get(ops::metrics))
        .with_state(app)
}

/// Nests a surface. axum's `nest` does not match `<prefix>/`, which would answer 404 without authentication: it is
/// routed into the surface, so that it answers 401.
fn below(prefix: &str, surface: Router<SharedApp>, app: &SharedApp) -> Router<SharedApp> {
    let closed = surface.clone().with_state(app.clone());
    let slash = any(|request: Request| closed.oneshot(request));
    Router::new().nest(prefix, surface).route(&format!("{prefix}/"), slash)
}

/// In the words of the surface that was called.
fn overloaded(request: &Request) -> Response {
    if request.uri().path().starts_with(PARTNER) { partner::overloaded() } else { c2a::overloaded() }
}

/// The OpenAPI documents of the surfaces, as text.
pub fn documents() -> Documents {
    static C2A_DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::to_json(&c2a::document()));
    static PARTNER_DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::to_json(&partner::document()));
    Documents { c2a: &C2A_DOCUMENT, partner: &PARTNER_DOCUMENT }
}
