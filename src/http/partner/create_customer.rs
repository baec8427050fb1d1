//! `POST /v1/Customers`: a new customer. 201 with its id; 200 where this very customer is there already.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Json,
    error::{PartnerError, respond},
    openapi::{Always, Answers, FindsCustomer, ReadsCustomer},
    request::{CustomerViewModel, EXAMPLE_ID, acting_as},
};
use crate::domain::{caller::PartnerCaller, idempotency::Operation};
use crate::http::{
    SharedApp,
    once::{self, Answer, Asked, KeyHeader},
    openapi::IdempotencyKeyParam,
    validation::field_errors,
};
use crate::service::idempotency::Services;

/// Create a customer
///
/// The id is honoured where one is sent. Sent again with the same content, it answers 200 with that id and changes
/// nothing. Roles `csp` and `reseller`.
///
/// 404 is for an `Idempotency-Key` whose customer was erased since.
#[utoipa::path(
    post,
    path = "",
    params(IdempotencyKeyParam),
    request_body(content = CustomerViewModel, example = json!(CustomerViewModel::example())),
    responses(
        (status = 201, description = "The id of the new customer.", body = Uuid, content_type = "application/json", example = json!(EXAMPLE_ID)),
        (status = 200, description = "The id of this very customer, which is there already.", body = Uuid, content_type = "application/json",
            example = json!(EXAMPLE_ID)),
        Answers<((Always, ReadsCustomer), FindsCustomer)>,
    ),
)]
pub async fn create_customer(
    caller: PartnerCaller,
    State(app): State<SharedApp>,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<CustomerViewModel>,
) -> Result<Response, PartnerError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(PartnerError::Invalid(errors));
    }
    let customer = request.into_domain().ok_or(PartnerError::Malformed)?;
    let customer = acting_as(caller.role, customer).ok_or(PartnerError::Forbidden)?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let creation = services.partners.create(&asked, customer).await?;
        let status = if creation.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Answer::about(creation.urn, respond(status, &creation.id.0)))
    };
    let viewpoint = format!("{:?}", caller.role);
    let operation = Operation::CreatePartnerCustomer;
    let asked = Asked { key, operation, viewpoint, body: &bytes, about: None };
    once::answer(&app, &caller.caller, asked, work).await
}
