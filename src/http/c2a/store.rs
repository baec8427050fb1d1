//! C2A-01-02: a new customer. Answers 200, not 201: upstream's decision.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Json,
    dto::{AzotteCustomer, ClaimedRegionDto, CustomerDto},
    status::{C2aError, Envelope, SUCCESS, Success},
};
use crate::domain::{attribute::Attribute, customer::Profile, idempotency::Operation};
use crate::http::{
    App,
    auth::scope::{Allowed, Write},
    etag::etag,
    field::{Field, Required},
    once::{self, Answer, KeyHeader},
    validation::field_errors,
};
use crate::service::idempotency::Services;

#[derive(Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", default)]
pub struct StoreCustomerRequest {
    #[validate(nested)]
    customer: Field<CustomerDto>,
    #[validate(nested)]
    claimed_region: Required<ClaimedRegionDto>,
}

#[derive(Serialize)]
pub struct StoreCustomerResponse {
    result: AzotteCustomer,
    status: Success,
}

pub async fn store(
    caller: Allowed<Write>,
    State(app): State<App>,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<StoreCustomerRequest>,
) -> Result<Response, C2aError> {
    let profile = request.into_profile(&caller.tenant.required)?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let stored = services.customers.store(&asked, profile).await;
        let customer = stored.map_err(|error| asked.c2a_error(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let response = StoreCustomerResponse { result: customer.into(), status: SUCCESS };
        Ok(Answer::about(urn, ([etag(version)], Envelope(response)).into_response()))
    };
    once::answer(&app, &caller, key, Operation::Store, &bytes, work).await
}

impl StoreCustomerRequest {
    fn into_profile(mut self, required: &[Attribute]) -> Result<Profile, C2aError> {
        if let Field::Value(customer) = &mut self.customer {
            // The server chooses it, so whatever was sent is ignored.
            customer.customer_urn = Field::Absent;
        }
        let mut errors = field_errors(&self);
        if let Some(customer) = self.customer.as_option() {
            errors.extend(customer.missing(required));
        }
        if errors.is_empty() {
            let region = self.claimed_region.into_option().and_then(ClaimedRegionDto::into_domain);
            let customer = self.customer.into_option();
            return customer.and_then(|customer| customer.into_profile(region)).ok_or(C2aError::BadRequest);
        }
        let no_customer = matches!(self.customer, Field::Absent | Field::Null);
        Err(if no_customer { C2aError::BadRequest } else { C2aError::Invalid(errors) })
    }
}
