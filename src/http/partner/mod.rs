//! What a CSP or reseller portal calls, below `/v1/Customers`.

mod create_customer;
mod delete_customer;
mod dto;
pub mod error;
mod get_customer;
mod list_customers;
mod page;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    middleware,
    routing::{get, post},
};

use super::{App, auth::partner, json::JsonBody};
use crate::domain::partner::PartnerCustomerId;
use error::PartnerError;

/// A body of this surface: refused in its error object.
type Json<T> = JsonBody<T, PartnerError>;

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/", post(create_customer::create_customer).get(list_customers::list_customers))
        .route("/{id}", get(get_customer::get_customer).delete(delete_customer::delete_customer))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
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
