//! What a CSP or reseller portal calls, below `/v1/Customers`.

mod create_customer;
mod delete_customer;
mod dto;
pub mod error;
mod get_customer;
mod list_customers;
mod page;

use std::any::Any;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::header,
    middleware,
    response::{IntoResponse, Response},
    routing::any,
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{App, auth::partner, json::JsonBody};
use crate::domain::partner::PartnerCustomerId;
use error::PartnerError;

/// A body of this surface: refused in its error object.
type Json<T> = JsonBody<T, PartnerError>;

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route(
            "/",
            any(async || only("GET,HEAD,POST"))
                .get(list_customers::list_customers)
                .post(create_customer::create_customer),
        )
        .route(
            "/{id}",
            any(async || only("GET,HEAD,DELETE"))
                .get(get_customer::get_customer)
                .delete(delete_customer::delete_customer),
        )
        .fallback(no_such_route)
        .layer(CatchPanicLayer::custom(panicked))
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

/// In this surface's words; the one around all routes speaks as C2A does.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    PartnerError::Internal.into_response()
}

/// Left to itself, axum adds `Allow` outside of every layer, and so to a stranger's 401 too.
fn only(methods: &'static str) -> impl IntoResponse {
    ([(header::ALLOW, methods)], PartnerError::MethodNotAllowed)
}
