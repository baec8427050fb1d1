//! What a CSP or reseller portal calls, below `/v1/Customers`.

mod answer;
mod create_customer;
mod delete_customer;
pub mod error;
mod get_customer;
mod list_customers;
mod openapi;
mod page;
mod request;

use std::any::Any;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SharedApp, auth::partner, json::JsonBody, limits::rate};
use crate::domain::partner::PartnerCustomerId;
use error::PartnerError;
pub use openapi::document;

/// A body of this surface: refused in its error object.
type Json<T> = JsonBody<T, PartnerError>;

/// Routes and their documentation, from one declaration.
fn endpoints() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::default()
        .routes(routes!(create_customer::create_customer, list_customers::list_customers))
        .routes(routes!(get_customer::get_customer, delete_customer::delete_customer))
}

pub fn routes(app: &SharedApp) -> Router<SharedApp> {
    Router::from(endpoints())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), rate::of_partner))
        // Outermost, around the fallbacks too: a stranger learns nothing of what is here.
        .layer(middleware::from_fn_with_state(app.clone(), partner::authenticate))
}

/// The customer a path names; what is no id is no customer.
fn customer_id(path: Result<Path<String>, PathRejection>) -> Result<PartnerCustomerId, PartnerError> {
    let Path(id) = path.map_err(|_| PartnerError::NotFound)?;
    PartnerCustomerId::parse(&id).map_err(|_| PartnerError::NotFound)
}

async fn no_such_route() -> PartnerError {
    PartnerError::NotFound
}

async fn no_such_method() -> PartnerError {
    PartnerError::MethodNotAllowed
}

/// In this surface's words; the one around all routes speaks as C2A does.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    PartnerError::Internal.into_response()
}
