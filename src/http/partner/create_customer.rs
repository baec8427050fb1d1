//! `POST /v1/Customers`: a new customer. 201 with its id; 200 where this very customer is there already.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Json,
    dto::{self, CustomerViewModel},
    error::{PartnerError, respond},
};
use crate::domain::{caller::PartnerCaller, idempotency::Operation};
use crate::http::{
    App,
    once::{self, Answer, KeyHeader},
    validation::field_errors,
};
use crate::service::idempotency::Services;

pub async fn create_customer(
    caller: PartnerCaller,
    State(app): State<App>,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<CustomerViewModel>,
) -> Result<Response, PartnerError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(PartnerError::Invalid(errors));
    }
    let customer = request.into_domain().ok_or(PartnerError::Malformed)?;
    let customer = dto::acting_as(caller.role, customer).ok_or(PartnerError::Forbidden)?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let creation = services.partners.create(&asked, customer).await?;
        let status = if creation.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Answer::about(creation.urn, respond(status, &creation.id.0)))
    };
    once::answer(&app, &caller.caller, key, Operation::CreatePartnerCustomer, &bytes, work).await
}
