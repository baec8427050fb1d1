//! For whatever runs the server, or checks its tokens: health, metrics and public keys.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use jsonwebtoken::jwk::JwkSet;

use super::state::SharedApp;

const READY: &str = r#"{"status":"ready"}"#;

/// The process answers.
pub async fn live() -> Response {
    json(StatusCode::OK, r#"{"status":"live"}"#.to_owned())
}

/// The server can answer requests; 503 where it cannot. Why is for operators.
pub async fn ready(State(app): State<SharedApp>) -> Response {
    match app.readiness.get() {
        Ok(()) => json(StatusCode::OK, READY.to_owned()),
        Err(_) => json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"not ready"}"#.to_owned()),
    }
}

/// The same, with the reason.
pub async fn ready_with_reason(State(app): State<SharedApp>) -> Response {
    match app.readiness.get() {
        Ok(()) => json(StatusCode::OK, READY.to_owned()),
        Err(reason) => json(
            StatusCode::SERVICE_UNAVAILABLE,
            serde_json::json!({ "status": "not ready", "reason": reason.to_string() }).to_string(),
        ),
    }
}

/// In the text format of Prometheus.
pub async fn metrics(State(app): State<SharedApp>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
        .into_response()
}

/// The public keys tokens are verified with (RFC 7517); none where the keys are secret.
pub async fn jwks(State(app): State<SharedApp>) -> Response {
    let keys = app.authenticator.tokens.keys().map(|keys| keys.public());
    let keys = keys.unwrap_or(JwkSet { keys: Vec::new() });
    match serde_json::to_string(&keys) {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
