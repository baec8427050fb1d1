//! `GET /v1/Customers/{id}`: one customer, for the CSP or the reseller related to it.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};

use super::{
    customer_id::{CustomerId, parse},
    error::{PartnerError, respond},
    failures::{Always, FailureResponses},
    response::CustomerView,
};
use crate::domain::caller::PartnerCaller;
use crate::http::{openapi::failures::FindsCustomer, state::SharedApp};

/// Read a customer
///
/// For the CSP, and for a reseller related to the customer. What is erased, unknown or not of this caller is 404.
#[utoipa::path(
    get,
    path = "/{id}",
    operation_id = "get_customer",
    params(CustomerId),
    responses(
        (status = 200, description = "The customer.", body = CustomerView, example = json!(CustomerView::example())),
        FailureResponses<(Always, FindsCustomer)>,
    ),
)]
pub async fn get(
    caller: PartnerCaller,
    State(app): State<SharedApp>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, PartnerError> {
    let id = parse(id)?;
    let found = app.partners.get(&caller, id).await?;
    Ok(respond(StatusCode::OK, &CustomerView::from(found)))
}
