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
use tokio_util::task::TaskTracker;

/// `running` is waited for at shutdown.
pub async fn run_to_the_end(State(running): State<TaskTracker>, request: Request, next: Next) -> Response {
    match running.spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
