//! The HTTP edge: the whole route map.
//!
//! axum is known here and nowhere else. Handlers parse, call the service and answer; they decide nothing. This file is
//! the only one outside of `c2a` and `partner` that knows these two surfaces.

pub mod auth;
pub mod body;
mod c2a;
pub mod connection;
pub mod docs;
mod entity_tags;
mod failure;
pub mod frame;
mod headers;
mod idempotency;
pub mod limits;
pub mod long_poll;
mod openapi;
mod ops;
mod own_names;
mod partner;
mod query;
pub mod readiness;
pub mod state;
pub mod threads;
mod unwritten;

use std::{net::SocketAddr, sync::LazyLock};

use axum::{
    BoxError, Router,
    body::{Body, Bytes},
    http::{Request, Response},
    middleware::from_fn_with_state,
    routing::{any, get},
};
use tokio_util::sync::CancellationToken;

use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use tower::ServiceExt;

use self::{
    c2a::C2aError,
    docs::{Documents, Prefill},
    frame::{
        Answers, Frame, correlation,
        route::{C2A, C2A_V1, PARTNER},
    },
    partner::PartnerError,
    state::SharedApp,
};
use crate::domain::caller::Caller;

/// The server as its clients see it: every route, and what every request passes on the way there. The upstream
/// documents print one C2A prefix and call another: both are served.
pub fn frame(app: SharedApp, prefill: Option<Prefill>, stopping: CancellationToken) -> Frame {
    let (authenticator, limits, cors) = (app.authenticator.clone(), app.limits.clone(), app.cors.clone());
    let routes = Router::new()
        .route("/health/live", get(ops::live))
        .route("/health/ready", get(ops::ready))
        .nest(C2A, c2a::routes())
        .nest(C2A_V1, c2a::routes())
        .nest(PARTNER, partner::routes())
        // `nest` leaves it out.
        .route(&format!("{PARTNER}/"), any(partner::no_such_route))
        .route("/.well-known/jwks.json", get(ops::jwks))
        .merge(docs::routes(prefill, authenticator.clone(), documents()))
        .fallback(c2a::no_such_route)
        .method_not_allowed_fallback(c2a::no_such_method)
        .with_state(app);
    let answers = Answers { c2a: C2aError::answer, partner: PartnerError::answer };
    Frame { routes, authenticator, limits, answers, cors, stopping }
}

/// The body of an answer within this process.
pub type DirectBody = UnsyncBoxBody<Bytes, BoxError>;

/// C2A for a caller that is known, without a socket: `request` has its path below `…/customer`.
pub async fn answer_c2a(app: SharedApp, caller: Caller, request: Request<Bytes>) -> Response<DirectBody> {
    let mut request = request.map(Body::from);
    let id = caller.correlation_id;
    request.extensions_mut().insert(caller);
    // Handlers give it up while they wait. Who asks here asks for one thing at a time, so there is one.
    if let Ok(slot) = app.limits.in_flight.enter().await {
        request.extensions_mut().insert(slot);
    }
    let answered = correlation::scope(id, c2a::routes().with_state(app).oneshot(request)).await;
    let Ok(response) = answered;
    response.map(|body| body.map_err(BoxError::from).boxed_unsync())
}

/// For operators, on an `address` of their own: what is in flight there does not depend on the limits of customers.
pub fn ops_router(app: SharedApp, address: SocketAddr) -> Router {
    Router::new()
        .route("/health/live", get(ops::live))
        .route("/health/ready", get(ops::ready_with_reason))
        .route("/metrics", get(ops::metrics))
        .layer(from_fn_with_state(address, own_names::only))
        .with_state(app)
}

/// The OpenAPI documents of the surfaces, as text.
pub fn documents() -> Documents {
    static C2A_DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::to_json(&c2a::document()));
    static PARTNER_DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::to_json(&partner::document()));
    Documents { c2a: &C2A_DOCUMENT, partner: &PARTNER_DOCUMENT }
}
