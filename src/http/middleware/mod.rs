//! What every request passes, outermost first:
//!
//! 1. [`in_flight`]: no more requests in flight than the server can carry, decided before anything is done for one;
//! 2. [`response_headers::hide_methods`], around the router, for what the router itself adds;
//! 3. [`request_tasks`]: the rest runs as a task of its own, to its end, whatever the client does meanwhile;
//! 4. [`correlation`]: every answer, the log and the audit trail name the same id;
//! 5. [`span`]: the trace of the request, which what is inside becomes part of;
//! 6. [`request_log`]: one line and one count a request, after the answer is known;
//! 7. [`response_headers::add`]: what every answer says about itself;
//! 8. [`message_head`]: no request whose head another server may read differently;
//! 9. [`in_flight`] again, which gives up the slot while the client is slow to send its body;
//! 10. a panic is one 500 and not the end of the connection, seen by the log around it.
//!
//! 3 to 9 are one layer: each layer of axum's is a box or more for every request, and copies all that is inside it.

pub mod correlation;
mod message_head;
pub mod request_log;
pub mod request_tasks;
pub mod response_headers;
mod span;

use std::{any::Any, sync::Arc};

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

use self::request_tasks::RequestTasks;
use crate::http::limits::{
    Limits,
    in_flight::{self, LoadShed, Refusal},
};

/// What a panic is answered. Its message stays inside: it may quote anything.
pub type Panicked = fn(Box<dyn Any + Send>) -> Response;

/// Puts all of it around `routes`.
pub fn around(
    routes: Router,
    limits: Arc<Limits>,
    running: TaskTracker,
    refusal: Refusal,
    panicked: Panicked,
) -> Router {
    let tasks = RequestTasks { running, runtime: Handle::current() };
    let routes = routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(tasks, spawned));
    let routes = MapResponse::new(routes, response_headers::hide_methods);
    Router::new().fallback_service(LoadShed::new(routes, limits, refusal))
}

async fn spawned(State(tasks): State<RequestTasks>, request: Request, next: Next) -> Response {
    tasks.spawn_request(answer(request, next)).await
}

async fn answer(request: Request, next: Next) -> Response {
    let held = async |request| {
        response_headers::add(match message_head::refuse(&request) {
            Some(refusal) => refusal,
            None => in_flight::with_slot(request, |request| next.run(request)).await,
        })
    };
    let logged = |request| request_log::write(request, held);
    let traced = |request| span::open(request, logged);
    correlation::with_correlation_id(request, traced).await
}
