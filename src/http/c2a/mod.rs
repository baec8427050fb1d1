//! What a tenant's backend calls, below `/api/c2a/customer` and `/api/v1/c2a/customer`.

mod delete;
mod dto;
mod info;
pub mod status;
mod store;
mod update;
mod validate;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use super::{App, auth::api_key, json::JsonBody};
use status::C2aError;

/// A body of this surface: refused in its envelope.
type Json<T> = JsonBody<T, C2aError>;

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/validate", post(validate::validate))
        .route("/store", post(store::store))
        .route("/update", post(update::update))
        .route("/delete", post(delete::delete))
        .route("/info", get(info::info))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        // Outermost, around the fallbacks too: a stranger learns nothing of what is here.
        .layer(middleware::from_fn_with_state(app.clone(), api_key::authenticate))
}

pub async fn no_such_route() -> C2aError {
    C2aError::NotFound
}

pub async fn no_such_method() -> C2aError {
    C2aError::MethodNotAllowed
}
