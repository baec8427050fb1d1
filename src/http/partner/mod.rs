//! What a CSP or reseller portal calls, below `/v1/Customers`.

mod body;
mod caller;
mod create;
mod customer_id;
mod delete;
mod document;
mod error;
mod failures;
mod get;
mod list;
mod page;
mod properties;
mod request;
mod request_associations;
mod request_margins;
mod request_providers;
mod response;
mod text_or_none;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::error::PartnerError;
use super::{failure::Failure, state::SharedApp};

/// Routes and their documentation, from one declaration.
fn endpoints() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::default()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, delete::delete))
}

pub fn routes() -> Router<SharedApp> {
    Router::from(endpoints()).fallback(no_such_route).method_not_allowed_fallback(no_such_method)
}

pub fn document() -> OpenApi {
    let routes = OpenApiRouter::default().nest("/v1/Customers", endpoints());
    document::surface().document(routes.into_openapi())
}

pub async fn no_such_route() -> PartnerError {
    Failure::RouteNotFound.into()
}

async fn no_such_method() -> PartnerError {
    Failure::MethodNotAllowed.into()
}
