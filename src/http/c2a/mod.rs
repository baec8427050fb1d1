//! What a tenant's backend calls, below `/api/c2a/customer` and `/api/v1/c2a/customer`.

mod delete;
mod dto;
mod info;
pub mod status;
mod store;
mod update;
mod validate;

use axum::{
    Router,
    handler::Handler,
    http::header,
    middleware,
    response::IntoResponse,
    routing::{MethodRouter, any},
};

use super::{App, auth::api_key, json::JsonBody};
use status::C2aError;

/// A body of this surface: refused in its envelope.
type Json<T> = JsonBody<T, C2aError>;

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/validate", post_only(validate::validate))
        .route("/store", post_only(store::store))
        .route("/update", post_only(update::update))
        .route("/delete", post_only(delete::delete))
        .route("/info", get_only(info::info))
        .fallback(no_such_route)
        // Outermost, around the fallbacks too: a stranger learns nothing of what is here.
        .layer(middleware::from_fn_with_state(app.clone(), api_key::authenticate))
}

fn post_only<T: 'static>(handler: impl Handler<T, App>) -> MethodRouter<App> {
    any(async || only("POST")).post(handler)
}

fn get_only<T: 'static>(handler: impl Handler<T, App>) -> MethodRouter<App> {
    any(async || only("GET,HEAD")).get(handler)
}

/// Left to itself, axum adds `Allow` outside of every layer, and so to a stranger's 401 too.
fn only(methods: &'static str) -> impl IntoResponse {
    ([(header::ALLOW, methods)], C2aError::MethodNotAllowed)
}

pub async fn no_such_route() -> C2aError {
    C2aError::NotFound
}

pub async fn no_such_method() -> C2aError {
    C2aError::MethodNotAllowed
}
