//! C2A-01-03: erasure (GDPR). The same URN again is 200 and changes nothing.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Json,
    status::{C2aError, Envelope, SUCCESS, Success},
};
use crate::domain::{
    customer::CustomerRef, customer_urn::CustomerUrn, external_id::ExternalId, idempotency::Operation,
    problem::Problem,
};
use crate::http::{
    App,
    auth::scope::{Allowed, Delete},
    etag::IfMatch,
    field::Field,
    once::{self, Answer, KeyHeader},
    validation::field_errors,
};
use crate::service::idempotency::Services;

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
    State(app): State<App>,
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
    once::answer(&app, &caller, key, Operation::Delete, &bytes, work).await
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
