//! Runs each request as a task of its own.
//!
//! Without it a client that hangs up drops the handler at whatever it awaits, a database call included: the
//! write may or may not happen, and the connection goes back to the pool in the middle of something.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// Where requests are worked on.
#[derive(Clone)]
pub struct Workplace {
    /// Waited for at shutdown.
    pub running: TaskTracker,
    /// Not that of the connections.
    pub runtime: Handle,
}

pub async fn run_to_the_end(State(place): State<Workplace>, request: Request, next: Next) -> Response {
    match place.running.spawn_on(next.run(request), &place.runtime).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
