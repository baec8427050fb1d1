//! `POST /v1/Customers`: a new customer. 201 with its id; 200 where this very customer is there already.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    body::Idempotent,
    error::{PartnerError, failure, respond},
    failures::{Always, FailureResponses, ReadsCustomer, TakesIdentity},
    request::{CustomerViewModel, EXAMPLE_ID},
};
use crate::domain::{caller::PartnerCaller, idempotency::Operation};
use crate::http::{
    body::validation::field_errors,
    failure::Failure,
    idempotency::Recorded,
    openapi::{
        IdempotencyKeyParam,
        failures::{ActsOnce, FindsCustomer, ReadsBody},
    },
    state::SharedApp,
};

/// Create a customer
///
/// The id is honoured where one is sent. Sent again with the same content, it answers 200 with that id and changes
/// nothing. Roles `csp` and `reseller`.
///
/// 404 is for an `Idempotency-Key` whose customer was erased since.
#[utoipa::path(
    post,
    path = "",
    operation_id = "create_customer",
    params(IdempotencyKeyParam),
    request_body(content = CustomerViewModel, example = json!(CustomerViewModel::example())),
    responses(
        (status = 201, description = "The id of the new customer.", body = Uuid, content_type = "application/json", example = json!(EXAMPLE_ID)),
        (status = 200, description = "The id of this very customer, which is there already.", body = Uuid, content_type = "application/json",
            example = json!(EXAMPLE_ID)),
        FailureResponses<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, ActsOnce)>,
    ),
)]
pub async fn create(
    caller: PartnerCaller,
    State(app): State<SharedApp>,
    Idempotent { body: request, call, .. }: Idempotent<CustomerViewModel>,
) -> Result<Response, PartnerError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(Failure::from(errors).into());
    }
    let customer = request.into_domain().ok_or(Failure::Malformed)?;
    call.execute(&app, caller, Operation::CreatePartnerCustomer, move |services, caller| async move {
        let creation = services.partners.create(&caller, customer).await.map_err(failure)?;
        let status = if creation.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Recorded::of_customer(creation.urn, respond(status, &creation.id.0)))
    })
    .await
}
