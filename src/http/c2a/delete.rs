//! C2A-01-03: erasure (GDPR). The same URN again is 200 and changes nothing.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    Json,
    openapi::{ActsOnce, Always, Answers, ExpectsVersion, FindsCustomer, ReadsBody, ReadsIdentifier},
    status::{C2aError, CONTENT_TYPE, Envelope, SUCCESS, Success},
};
use crate::domain::{
    customer::CustomerRef, customer_urn::CustomerUrn, external_id::ExternalId, idempotency::Operation,
    problem::Problem,
};
use crate::http::{
    SharedApp,
    auth::scope::{Allowed, Delete},
    etag::IfMatch,
    field::Field,
    once::{self, Answer, Asked, KeyHeader},
    openapi::{
        IdempotencyKeyParam, IfMatchParam,
        object::{naming_one_of, request_object},
    },
    validation::field_errors,
};
use crate::service::idempotency::Services;

request_object! {
    pub struct DeleteCustomerRequest {
        /// The URN.
        customer_uuid: Field<CustomerUrn>,
        /// Alias of `customerUuid`.
        customer_urn: Field<CustomerUrn>,
        /// The tenant's own identifier.
        external_identifier: Field<ExternalId>,
        /// Alias of `externalIdentifier`.
        external_id: Field<ExternalId>,
    }
    between |object| naming_one_of(object, &["customerUuid", "customerUrn", "externalIdentifier", "externalId"])
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
    request_body(content = DeleteCustomerRequest, example = json!(request())),
    responses(
        (status = 200, description = "The customer is erased, or was before.", body = DeleteCustomerResponse, content_type = CONTENT_TYPE, example = json!(answer())),
        Answers<(Always, ReadsBody, ReadsIdentifier, FindsCustomer, ActsOnce, ExpectsVersion)>,
    ),
)]
pub async fn delete(
    caller: Allowed<Delete>,
    State(app): State<SharedApp>,
    IfMatch(expected): IfMatch,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<DeleteCustomerRequest>,
) -> Result<Response, C2aError> {
    let target = request.into_target()?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let deleted = services.customers.delete(&asked, &target, &expected).await;
        deleted.map_err(|error| asked.c2a_error(error))?;
        let response = Envelope(DeleteCustomerResponse { status: SUCCESS }).into_response();
        // The URN stays and may; the tenant's own identifier goes with the person.
        let forget_content = matches!(target, CustomerRef::ExternalId(_));
        Ok(Answer { response, about: None, forget_content })
    };
    let viewpoint = caller.viewpoint();
    let asked = Asked { key, operation: Operation::Delete, viewpoint, body: &bytes, about: None };
    once::answer(&app, &caller, asked, work).await
}

impl DeleteCustomerRequest {
    fn into_target(self) -> Result<CustomerRef, C2aError> {
        let errors = field_errors(&self);
        if !errors.is_empty() {
            return Err(C2aError::Invalid(errors));
        }
        let urn = self.customer_uuid.or(self.customer_urn).into_option().map(CustomerRef::Urn);
        let external_id = self.external_identifier.or(self.external_id).into_option();
        urn.or(external_id.map(CustomerRef::ExternalId))
            .ok_or_else(|| C2aError::invalid("customerUuid", Problem::Required))
    }
}

fn request() -> Value {
    json!({ "customerUuid": "cu.00.482" })
}

fn answer() -> Value {
    json!({ "status": { "messageCode": "SUCCESS" } })
}
