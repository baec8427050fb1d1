//! `POST /v1/Customers`: a new customer. 201 with its id; 200 where this very customer is there already.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Json,
    dto::{self, CustomerViewModel},
    error::{PartnerError, respond},
};
use crate::domain::caller::PartnerCaller;
use crate::http::{Partners, validation::field_errors};
use crate::service::partners::Creation;

pub async fn create_customer(
    caller: PartnerCaller,
    State(partners): State<Partners>,
    Json { value: request, .. }: Json<CustomerViewModel>,
) -> Result<Response, PartnerError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(PartnerError::Invalid(errors));
    }
    let customer = request.into_domain().ok_or(PartnerError::Malformed)?;
    let customer = dto::acting_as(caller.role, customer).ok_or(PartnerError::Forbidden)?;
    Ok(match partners.create(&caller, customer).await? {
        Creation::New(id) => respond(StatusCode::CREATED, &id.0),
        Creation::Known(id) => respond(StatusCode::OK, &id.0),
    })
}
