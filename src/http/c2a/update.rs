//! C2A-01-04: a partial update. Absent keeps, `null` clears, nested objects are replaced whole.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Json,
    dto::{AzotteCustomer, ClaimedRegionDto, CustomerDto, nested, path},
    status::{C2aError, Envelope, SUCCESS, Success},
};
use crate::domain::{
    attribute::Attribute,
    customer::{CustomerRef, ProfileChange},
    field_error::FieldError,
    idempotency::Operation,
    problem::Problem,
};
use crate::http::{
    App,
    auth::scope::{Allowed, Write},
    etag::{IfMatch, etag},
    field::Field,
    once::{self, Answer, KeyHeader},
    validation::field_errors,
};
use crate::service::idempotency::Services;

#[derive(Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateCustomerRequest {
    #[validate(nested)]
    customer: Field<CustomerDto>,
    #[validate(nested)]
    claimed_region: Field<ClaimedRegionDto>,
}

#[derive(Serialize)]
pub struct UpdateCustomerResponse {
    result: AzotteCustomer,
    status: Success,
}

pub async fn update(
    caller: Allowed<Write>,
    State(app): State<App>,
    IfMatch(expected): IfMatch,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<UpdateCustomerRequest>,
) -> Result<Response, C2aError> {
    let (target, change) = request.into_change()?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let updated = services.customers.update(&asked, &target, &expected, change).await;
        let customer = updated.map_err(|error| asked.c2a_error(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let response = UpdateCustomerResponse { result: customer.into(), status: SUCCESS };
        Ok(Answer::about(urn, ([etag(version)], Envelope(response)).into_response()))
    };
    once::answer(&app, &caller, key, Operation::Update, &bytes, work).await
}

impl UpdateCustomerRequest {
    fn into_change(self) -> Result<(CustomerRef, ProfileChange), C2aError> {
        let mut errors = field_errors(&self);
        let Some(customer) = self.customer.as_option() else {
            let no_customer = matches!(self.customer, Field::Absent | Field::Null);
            return Err(if no_customer { C2aError::BadRequest } else { C2aError::Invalid(errors) });
        };
        errors.extend(customer.cleared_in_vain());
        if !customer.names_a_customer() {
            errors.push(FieldError::new("customer.customerUrn", Problem::Required));
        }
        if self.claimed_region.is_null() {
            errors.push(FieldError::new(path(Attribute::ClaimedRegion), Problem::NotClearable));
        }
        if !errors.is_empty() {
            return Err(C2aError::Invalid(errors));
        }
        let region = nested(self.claimed_region.into_change(), ClaimedRegionDto::into_domain);
        let change = self.customer.into_option().and_then(|customer| customer.into_change(region));
        change.ok_or(C2aError::BadRequest)
    }
}
