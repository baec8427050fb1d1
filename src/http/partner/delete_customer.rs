//! `DELETE /v1/Customers/{id}`: the erasure that C2A `delete` is, for the CSP alone. 202 without a body.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};

use super::{
    customer_id,
    error::PartnerError,
    openapi::{Always, Answers, CustomerId, FindsCustomer},
};
use crate::http::{SharedApp, auth::partner::Csp};

/// Erase a customer
///
/// Every personal value and every stored trace of it goes at once. Role `csp` only.
#[utoipa::path(
    delete,
    path = "/{id}",
    params(CustomerId),
    responses(
        (status = 202, description = "The customer is erased: no body."),
        Answers<(Always, FindsCustomer)>,
    ),
)]
pub async fn delete_customer(
    Csp(caller): Csp,
    State(app): State<SharedApp>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, PartnerError> {
    let id = customer_id(id)?;
    app.partners.delete(&caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}
