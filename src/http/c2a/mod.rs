//! What a tenant's backend calls, below `/api/c2a/customer` and `/api/v1/c2a/customer`.

mod attributes;
mod body;
mod bulk;
mod bulk_answers;
mod bulk_import;
mod bulk_line;
mod caller;
mod compare;
mod compare_request;
mod delete;
mod document;
mod dry_run;
mod envelope;
mod error;
mod event_view;
mod events;
mod export;
mod failures;
mod guard;
mod info;
mod preconditions;
mod request;
mod request_parts;
mod response;
mod store;
mod update;
mod validate;
mod view;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::error::C2aError;
use super::{failure::Failure, state::SharedApp};

/// Routes and their documentation, from one declaration.
fn endpoints() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::default()
        .routes(routes!(validate::validate))
        .routes(routes!(store::store))
        .routes(routes!(update::update))
        .routes(routes!(delete::delete))
        .routes(routes!(info::info))
        .routes(routes!(events::events))
        .routes(routes!(export::export))
        .routes(routes!(compare::compare))
        .routes(routes!(bulk::bulk))
}

pub fn routes() -> Router<SharedApp> {
    Router::from(endpoints()).fallback(no_such_route).method_not_allowed_fallback(no_such_method)
}

pub fn document() -> OpenApi {
    let routes = OpenApiRouter::default().nest("/api/v1/c2a/customer", endpoints());
    document::surface().document(routes.into_openapi())
}

pub async fn no_such_route() -> C2aError {
    Failure::RouteNotFound.into()
}

pub async fn no_such_method() -> C2aError {
    Failure::MethodNotAllowed.into()
}
