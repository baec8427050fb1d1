//! `GET /v1/Customers/{id}`: one customer, for the CSP or the reseller related to it.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};

use super::{
    customer_id,
    dto::CustomerView,
    error::{PartnerError, respond},
};
use crate::domain::caller::PartnerCaller;
use crate::http::Partners;

pub async fn get_customer(
    caller: PartnerCaller,
    State(partners): State<Partners>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, PartnerError> {
    let id = customer_id(id)?;
    let found = partners.get(&caller, id).await?;
    Ok(respond(StatusCode::OK, &CustomerView::from(found)))
}
