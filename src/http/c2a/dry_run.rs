//! What `store` would answer now, asked without storing: by its own checks, in its own words.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    caller::{Authorized, Read},
    error::{C2aError, ErrorDto, errors_of},
    request::CustomerDto,
    store::StoreCustomerRequest,
};
use crate::domain::{customer::Profile, external_id::ExternalId, scope::Scope};
use crate::http::{body::Inspected, failure::Failure};
use crate::service::customers::{CustomersError, CustomersService, Identity};

/// What `store` would answer.
pub struct Verdict {
    /// No customer has the external identifier. Of one that nobody could have, `false`.
    pub is_available: bool,
    /// Empty where it would succeed.
    pub errors: Vec<ErrorDto>,
    pub canonical: Canonical,
}

/// What is compared with other customers. What was not sent, or is wrong, is left out.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Canonical {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone_number: Option<String>,
}

/// Asks what `store` would answer to this request. `external_id`: what is asked beside the customer.
pub async fn dry_run(
    customers: &dyn CustomersService,
    caller: &Authorized<Read>,
    external_id: Option<ExternalId>,
    request: Inspected<StoreCustomerRequest>,
) -> Result<Verdict, C2aError> {
    let customer = request.value.customer();
    let external_id = external_id.or_else(|| customer?.external_id.as_option().cloned());
    let canonical = customer.map(Canonical::from).unwrap_or_default();
    let profile = request.sound().and_then(|request| request.into_profile(&caller.tenant.required));
    let (is_available, failure) = match profile {
        Ok(profile) => would_store(customers, caller, profile).await,
        Err(failure) => (is_available(customers, caller, external_id).await?, Some(failure)),
    };
    let errors = failure.map(errors_of).transpose()?.unwrap_or_default();
    Ok(Verdict { is_available, errors, canonical })
}

/// Whether the external identifier is available, and what is in the way of the profile.
async fn would_store(
    customers: &dyn CustomersService,
    caller: &Authorized<Read>,
    profile: Profile,
) -> (bool, Option<Failure>) {
    match customers.would_store(caller, profile).await {
        Ok(()) => (true, None),
        Err(CustomersError::Taken(conflict)) => {
            let is_available = !conflict.is_about(Identity::ExternalId);
            // To a caller that may not write, `store` would show nobody.
            let show_holders = caller.may(Scope::CustomerWrite);
            (is_available, Some(Failure::Taken { conflict, show_holders }))
        }
        Err(error) => (false, Some(caller.failure(error))),
    }
}

async fn is_available(
    customers: &dyn CustomersService,
    caller: &Authorized<Read>,
    external_id: Option<ExternalId>,
) -> Result<bool, Failure> {
    let Some(external_id) = external_id else { return Ok(false) };
    customers.validate(caller, &external_id).await.map_err(|error| caller.failure(error))
}

impl From<&CustomerDto> for Canonical {
    fn from(customer: &CustomerDto) -> Self {
        Self {
            email: customer.email.as_option().map(|email| email.canonical().to_owned()),
            phone_number: customer.phone_number.as_option().map(|phone| phone.as_str().to_owned()),
        }
    }
}
