//! What a tenant's backend calls, below `/api/c2a/customer` and `/api/v1/c2a/customer`.

mod answer;
mod delete;
mod info;
mod openapi;
mod request;
pub mod status;
mod store;
mod update;
mod validate;

use axum::{Router, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SharedApp, auth::api_key, json::JsonBody, limits::rate};
pub use openapi::document;
use status::C2aError;

/// A body of this surface: refused in its envelope.
type Json<T> = JsonBody<T, C2aError>;

/// Routes and their documentation, from one declaration.
fn endpoints() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::default()
        .routes(routes!(validate::validate))
        .routes(routes!(store::store))
        .routes(routes!(update::update))
        .routes(routes!(delete::delete))
        .routes(routes!(info::info))
}

pub fn routes(app: &SharedApp) -> Router<SharedApp> {
    Router::from(endpoints())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(app.clone(), rate::of_caller))
        // Outermost, around the fallbacks too: a stranger learns nothing of what is here.
        .layer(middleware::from_fn_with_state(app.clone(), api_key::authenticate))
}

pub async fn no_such_route() -> C2aError {
    C2aError::NotFound
}

pub async fn no_such_method() -> C2aError {
    C2aError::MethodNotAllowed
}
