//! C2A-01-04: a partial update. Absent keeps, `null` clears, nested objects are replaced whole.

use axum::extract::State;
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
    problem::Problem,
};
use crate::http::{
    Customers,
    auth::scope::{Allowed, Write},
    field::Field,
    validation::field_errors,
};

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
    State(customers): State<Customers>,
    Json { value: request, .. }: Json<UpdateCustomerRequest>,
) -> Result<Envelope<UpdateCustomerResponse>, C2aError> {
    let (target, change) = request.into_change()?;
    let customer =
        customers.update(&caller, &target, change).await.map_err(|error| caller.c2a_error(error))?;
    Ok(Envelope(UpdateCustomerResponse { result: customer.into(), status: SUCCESS }))
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
