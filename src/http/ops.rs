//! Health, for whatever runs the server.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::service::health::Health;

/// The process answers.
pub async fn live() -> Response {
    json(StatusCode::OK, r#"{"status":"live"}"#.to_owned())
}

/// The database answers and is migrated; otherwise 503 and why.
pub async fn ready(State(health): State<Arc<dyn Health>>) -> Response {
    match health.check().await {
        Ok(()) => json(StatusCode::OK, r#"{"status":"ready"}"#.to_owned()),
        Err(reason) => json(
            StatusCode::SERVICE_UNAVAILABLE,
            serde_json::json!({ "status": "not ready", "reason": reason.to_string() }).to_string(),
        ),
    }
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
