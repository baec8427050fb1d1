//! C2A-01-03: erasure (GDPR). The same URN again is 200 and changes nothing.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    body::Idempotent,
    caller::{Authorized, Delete},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, ReadsIdentifier},
    preconditions::IfMatch,
};
use crate::domain::{
    customer::CustomerRef, customer_urn::CustomerUrn, external_id::ExternalId, idempotency::Operation,
    problem::Problem,
};
use crate::http::{
    body::{
        field::{Field, parses},
        object::request_object,
        schema::without,
        validation::field_errors,
    },
    failure::Failure,
    idempotency::Recorded,
    openapi::{
        IdempotencyKeyParam, IfMatchParam,
        failures::{ActsOnce, ExpectsVersion, FindsCustomer, ReadsBody},
    },
    state::SharedApp,
};

request_object! {
    /// Whom to erase: `customerUuid` or `externalIdentifier` is required, and `customerUuid` wins.
    pub struct DeleteCustomerRequest {
        /// The URN; `customerUrn` is an alias of this property.
        #[serde(rename = "customerUuid")]
        #[validate(custom(function = parses))]
        customer_uuid: Field<CustomerUrn>,
        /// Alias of `customerUuid`.
        #[serde(rename = "customerUrn")]
        #[validate(custom(function = parses))]
        customer_urn: Field<CustomerUrn>,
        /// The tenant's own identifier; `externalId` is an alias of this property.
        #[serde(rename = "externalIdentifier")]
        #[validate(custom(function = parses))]
        external_identifier: Field<ExternalId>,
        /// Alias of `externalIdentifier`.
        #[serde(rename = "externalId")]
        #[validate(custom(function = parses))]
        external_id: Field<ExternalId>,
    }
    constraints |object| without(object, &["customerUrn", "externalId"]);
}

#[derive(Serialize, ToSchema)]
pub struct DeleteCustomerResponse {
    status: Success,
}

/// Erase a customer (GDPR)
///
/// Every personal value and every stored trace of it goes at once; external id, e-mail and phone number are free
/// again. The same URN once more answers 200 and changes nothing. Asks for the scope `customer.delete`.
#[utoipa::path(
    post,
    path = "/delete",
    params(IfMatchParam, IdempotencyKeyParam),
    request_body(content = DeleteCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "The customer is erased, or was before.", body = DeleteCustomerResponse, content_type = CONTENT_TYPE, example = json!(example_response())),
        FailureResponses<(Always, ReadsBody, ReadsIdentifier, FindsCustomer, ActsOnce, ExpectsVersion)>,
    ),
)]
pub async fn delete(
    caller: Authorized<Delete>,
    State(app): State<SharedApp>,
    IfMatch(expected): IfMatch,
    Idempotent { body: request, call, .. }: Idempotent<DeleteCustomerRequest>,
) -> Result<Response, C2aError> {
    let target = request.into_target()?;
    call.execute(&app, caller, Operation::Delete, move |services, caller| async move {
        let deleted = services.customers.delete(&caller, &target, &expected).await;
        deleted.map_err(|error| caller.failure(error))?;
        let response = Envelope(DeleteCustomerResponse { status: SUCCESS }).into_response();
        // Filed under no customer: this reply is for retries that come after the erasure.
        Ok(Recorded { response, data_subjects: Vec::new() })
    })
    .await
}

impl DeleteCustomerRequest {
    pub(super) fn into_target(self) -> Result<CustomerRef, Failure> {
        let errors = field_errors(&self);
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let urn = self.customer_uuid.or(self.customer_urn).into_option().map(CustomerRef::Urn);
        let external_id = self.external_identifier.or(self.external_id).into_option();
        urn.or(external_id.map(CustomerRef::ExternalId)).ok_or_else(|| {
            Failure::invalid("customerUuid", Problem::RequiredUnless { other: "externalIdentifier" })
        })
    }
}

fn example_request() -> Value {
    json!({ "customerUuid": "cu.00.482" })
}

fn example_response() -> Value {
    json!({ "status": { "messageCode": "SUCCESS" } })
}
