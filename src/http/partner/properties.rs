//! Where a field of the customer record stands in a partner's request.

use crate::domain::{
    attribute::Attribute,
    field_error::{FieldError, FieldErrors},
    partner::ProviderInstanceId,
    problem::Problem,
};

/// Where a field of the record stands on this surface.
pub fn name(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::ExternalIdentifier => "id",
        Attribute::PhoneNumber => "phone",
        Attribute::PrimaryBillingAddress => "addressLine1",
        Attribute::CorporationInfo => "companyName",
        Attribute::ClaimedRegion => "country",
        attribute => attribute.as_str(),
    }
}

/// What the tenant asks for and the projection lacks: a contact that is there is one that could not be read.
pub fn incomplete(attribute: Attribute) -> FieldError {
    let problem = match attribute {
        Attribute::Email => Problem::InvalidEmail,
        Attribute::PhoneNumber => Problem::InvalidPhoneNumber,
        _ => Problem::Required,
    };
    FieldError::new(name(attribute), problem)
}

/// Resellers and provider instances that the tenant does not have.
pub fn unknown(reseller: bool, associations: &[usize], instances: &[ProviderInstanceId]) -> FieldErrors {
    let reseller = reseller.then(|| "resellerId".to_owned());
    let associations = associations.iter().map(|at| format!("customerAssociations[{at}].resellerId"));
    let resellers = reseller.into_iter().chain(associations);
    let resellers = resellers.map(|property| FieldError::new(property, Problem::UnknownReseller));
    let instances = instances
        .iter()
        .map(|id| FieldError::new(format!("providerCustomers.{id}"), Problem::UnknownProviderInstance));
    resellers.chain(instances).collect()
}
