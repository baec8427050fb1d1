//! What every request passes, outermost first:
//!
//! 1. [`gate`]: no more requests in work than the server can carry, decided before anything is done for one;
//! 2. [`headers::keep_methods_from_strangers`], around the router, for what the router itself adds;
//! 3. [`detach`]: the rest runs as a task of its own, to its end, whatever the client does meanwhile;
//! 4. [`correlation`]: every answer, the log and the audit trail name the same id;
//! 5. [`span`]: the trace of the request, which what is inside becomes part of;
//! 6. [`request_log`]: one line and one count a request, after the answer is known;
//! 7. [`headers::add`]: what every answer says about itself;
//! 8. [`gate`] again, which lets requests go out and come back while their client is slow;
//! 9. [`panics`]: a panic is one 500 in our envelope, seen by the log around it.
//!
//! 3 to 8 are one layer: each layer of axum's is a box or more for every request, and copies all that is inside it.

pub mod correlation;
pub mod detach;
pub mod headers;
mod panics;
pub mod request_log;
mod span;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tower::util::MapResponse;
use tower_http::catch_panic::CatchPanicLayer;

use self::detach::Workplace;
use crate::http::limits::{
    Limits,
    gate::{self, Gated},
};

/// Puts all of it around `routes`.
pub fn around(routes: Router, limits: Arc<Limits>, running: TaskTracker) -> Router {
    let workplace = Workplace { running, runtime: Handle::current() };
    let routes =
        routes.layer(CatchPanicLayer::custom(panics::answer)).layer(from_fn_with_state(workplace, detached));
    let routes = MapResponse::new(routes, headers::keep_methods_from_strangers);
    Router::new().fallback_service(Gated::new(routes, limits))
}

async fn detached(State(workplace): State<Workplace>, request: Request, next: Next) -> Response {
    workplace.run_to_the_end(answer(request, next)).await
}

async fn answer(request: Request, next: Next) -> Response {
    let held = async |request| headers::add(gate::hold(request, |request| next.run(request)).await);
    let logged = |request| request_log::write(request, held);
    let traced = |request| span::open(request, logged);
    correlation::tie(request, traced).await
}
