//! C2A-01-01: is this external id free?

use axum::extract::State;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Json,
    status::{C2aError, Envelope, SUCCESS, Success},
};
use crate::domain::{external_id::ExternalId, problem::Problem};
use crate::http::{
    Customers,
    auth::scope::{Allowed, Read},
    field::Field,
    validation::field_errors,
};

#[derive(Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidateCustomerRequest {
    #[validate(nested)]
    external_id: Field<ExternalId>,
    /// Alias of `externalId`.
    #[validate(nested)]
    external_identifier: Field<ExternalId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateCustomerResponse {
    is_available: bool,
    status: Success,
}

pub async fn validate(
    caller: Allowed<Read>,
    State(customers): State<Customers>,
    Json { value: request, .. }: Json<ValidateCustomerRequest>,
) -> Result<Envelope<ValidateCustomerResponse>, C2aError> {
    let errors = field_errors(&request);
    if !errors.is_empty() {
        return Err(C2aError::Invalid(errors));
    }
    let external_id = request.external_id.or(request.external_identifier).into_option();
    let external_id = external_id.ok_or_else(|| C2aError::invalid("externalId", Problem::Required))?;
    let is_available =
        customers.validate(&caller, &external_id).await.map_err(|error| caller.c2a_error(error))?;
    Ok(Envelope(ValidateCustomerResponse { is_available, status: SUCCESS }))
}
