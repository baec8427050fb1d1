//! Runs each request as a task of its own.
//!
//! Without it a client that hangs up drops the handler at whatever it awaits, a database call included: the
//! write may or may not happen, and the connection is left in the middle of something.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
pub struct RequestTasks {
    /// Waited for at shutdown.
    pub running: TaskTracker,
    /// Not that of the connections.
    pub runtime: Handle,
}

impl RequestTasks {
    pub async fn spawn_request(&self, answer: impl Future<Output = Response> + Send + 'static) -> Response {
        match self.running.spawn_on(answer, &self.runtime).await {
            Ok(response) => response,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}
