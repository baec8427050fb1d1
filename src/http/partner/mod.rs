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

use std::any::Any;

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::error::PartnerError;
use super::{failure::Failure, state::SharedApp};

/// Routes and their documentation, from one declaration.
fn endpoints() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::default()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, delete::delete))
}

pub fn routes(app: &SharedApp) -> Router<SharedApp> {
    Router::from(endpoints())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        // The one around all routes speaks as C2A does.
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.limits.clone(), caller::limit_rate))
        // Outermost, around the fallbacks too: a stranger learns nothing of what is here.
        .layer(from_fn_with_state(app.authenticator.clone(), caller::authenticate))
}

pub fn document() -> OpenApi {
    let routes = OpenApiRouter::default().nest("/v1/Customers", endpoints());
    document::surface().document(routes.into_openapi())
}

async fn no_such_route() -> PartnerError {
    Failure::RouteNotFound.into()
}

async fn no_such_method() -> PartnerError {
    Failure::MethodNotAllowed.into()
}

/// The server takes no more requests now.
pub fn overloaded() -> Response {
    PartnerError::from(Failure::Unavailable).into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    PartnerError::from(Failure::Internal).into_response()
}
