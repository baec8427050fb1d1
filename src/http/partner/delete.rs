//! `DELETE /v1/Customers/{id}`: the erasure that C2A `delete` is, for the CSP alone. 202 without a body.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};

use super::{
    caller::Csp,
    customer_id::{CustomerId, parse},
    error::PartnerError,
    failures::{Always, FailureResponses},
};
use crate::http::{openapi::failures::FindsCustomer, state::SharedApp};

/// Erase a customer
///
/// Every personal value and every stored trace of it goes at once. Role `csp` only.
#[utoipa::path(
    delete,
    path = "/{id}",
    operation_id = "delete_customer",
    params(CustomerId),
    responses(
        (status = 202, description = "The customer is erased: no body."),
        FailureResponses<(Always, FindsCustomer)>,
    ),
)]
pub async fn delete(
    Csp(caller): Csp,
    State(app): State<SharedApp>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, PartnerError> {
    let id = parse(id)?;
    app.partners.delete(&caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}
