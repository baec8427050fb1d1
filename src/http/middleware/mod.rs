//! What every request passes, outermost first:
//!
//! 1. [`gate`]: no more requests in work than the server can carry, decided before anything is done for one;
//! 2. [`detach`]: the rest runs as a task of its own, to its end, whatever the client does meanwhile;
//! 3. [`correlation`]: every answer, the log and the audit trail name the same id;
//! 4. [`span`]: the trace of the request, which what is inside becomes part of;
//! 5. [`request_log`]: one line and one count a request, after the answer is known;
//! 6. [`headers`]: what every answer says about itself;
//! 7. [`gate`] again, which lets requests go out and come back while their client is slow;
//! 8. [`panics`]: a panic is one 500 in our envelope, seen by the log around it.
//!
//! Around the whole router, for what the router itself adds: [`headers::keep_methods_from_strangers`].

pub mod correlation;
pub mod detach;
pub mod headers;
mod panics;
pub mod request_log;
mod span;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use self::detach::Workplace;
use crate::http::limits::{Limits, gate};

/// Puts the layers around `routes`; the last one named here is the outermost.
pub fn around(routes: Router, limits: Arc<Limits>, running: TaskTracker) -> Router {
    let workplace = Workplace { running, runtime: Handle::current() };
    let routes = routes
        .layer(CatchPanicLayer::custom(panics::answer))
        .layer(from_fn(gate::hold))
        .layer(from_fn(headers::add))
        .layer(from_fn(request_log::write))
        .layer(from_fn(span::open))
        .layer(from_fn(correlation::tie))
        .layer(from_fn_with_state(workplace, detach::run_to_the_end))
        .layer(from_fn_with_state(limits, gate::admit));
    Router::new().fallback_service(routes).layer(from_fn(headers::keep_methods_from_strangers))
}
