//! C2A-01-01: is this external id free?

use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{ToSchema, openapi::Object};

use super::{
    body::Json,
    caller::{Authorized, Read},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, ReadsIdentifier},
};
use crate::domain::{external_id::ExternalId, problem::Problem};
use crate::http::{
    body::{
        field::{Field, parses},
        object::request_object,
        schema::{require, without},
        validation::field_errors,
    },
    failure::Failure,
    openapi::failures::ReadsBody,
    state::SharedApp,
};

request_object! {
    pub struct ValidateCustomerRequest {
        /// The identifier to look for; `externalIdentifier` is an alias of this property.
        #[serde(rename = "externalId")]
        #[validate(custom(function = parses))]
        external_id: Field<ExternalId>,
        /// Alias of `externalId`.
        #[serde(rename = "externalIdentifier")]
        #[validate(custom(function = parses))]
        external_identifier: Field<ExternalId>,
    }
    constraints without_alias;
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateCustomerResponse {
    is_available: bool,
    status: Success,
}

/// Is this external id free?
///
/// Free means that `store` would not answer `CUSTOMER_ALREADY_STORED`. Asks for the scope `customer.read`.
#[utoipa::path(
    post,
    path = "/validate",
    request_body(content = ValidateCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "Whether the identifier is free.", body = ValidateCustomerResponse, content_type = CONTENT_TYPE, example = json!(example_response())),
        FailureResponses<(Always, ReadsBody, ReadsIdentifier)>,
    ),
)]
pub async fn validate(
    caller: Authorized<Read>,
    State(app): State<SharedApp>,
    Json { value: request, .. }: Json<ValidateCustomerRequest>,
) -> Result<Envelope<ValidateCustomerResponse>, C2aError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(Failure::from(errors).into());
    }
    let external_id = request.external_id.or(request.external_identifier).into_option();
    let external_id = external_id.ok_or_else(|| Failure::invalid("externalId", Problem::Required))?;
    let is_available =
        app.customers.validate(&caller, &external_id).await.map_err(|error| caller.failure(error))?;
    Ok(Envelope(ValidateCustomerResponse { is_available, status: SUCCESS }))
}

fn without_alias(request: Object) -> Object {
    let mut request = without(request, &["externalIdentifier"]);
    require(&mut request, "externalId");
    request
}

fn example_request() -> Value {
    json!({ "externalId": "crm-9981273" })
}

fn example_response() -> Value {
    json!({ "isAvailable": true, "status": { "messageCode": "SUCCESS" } })
}
