//! C2A-01-03: erasure (GDPR). The same URN again is 200 and changes nothing.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Json,
    status::{C2aError, Envelope, SUCCESS, Success},
};
use crate::domain::{
    customer::CustomerRef, customer_urn::CustomerUrn, external_id::ExternalId, problem::Problem,
};
use crate::http::{
    Customers,
    auth::scope::{Allowed, Delete},
    field::Field,
    validation::field_errors,
};

#[derive(Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteCustomerRequest {
    /// Upstream's name for what holds the URN.
    #[validate(nested)]
    customer_uuid: Field<CustomerUrn>,
    /// Alias of `customerUuid`.
    #[validate(nested)]
    customer_urn: Field<CustomerUrn>,
    #[validate(nested)]
    external_identifier: Field<ExternalId>,
    /// Alias of `externalIdentifier`.
    #[validate(nested)]
    external_id: Field<ExternalId>,
}

#[derive(Serialize)]
pub struct DeleteCustomerResponse {
    status: Success,
}

pub async fn delete(
    caller: Allowed<Delete>,
    State(customers): State<Customers>,
    Json { value: request, .. }: Json<DeleteCustomerRequest>,
) -> Result<Envelope<DeleteCustomerResponse>, C2aError> {
    let target = request.into_target()?;
    customers.delete(&caller, &target).await.map_err(|error| caller.c2a_error(error))?;
    Ok(Envelope(DeleteCustomerResponse { status: SUCCESS }))
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
