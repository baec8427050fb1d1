//! CustomerViewModel: the customer in a request.
//!
//! Upstream: "Create a customer", body. The rule of each property is its type. `providerCustomerId`, `status`
//! and `customerCreationError` are the server's: ignored.

use serde_json::{Value, json};
use utoipa::openapi::Object;
use uuid::Uuid;
use validator::Validate;

use super::{
    request_associations::AssociationsDto,
    request_providers::ProviderCustomersDto,
    text_or_none::{TextOrNone, is_there},
};
use crate::domain::{
    country::CountryCode,
    email::Email,
    multiline_text::MultilineText,
    partner::{Contact, PartnerCustomer, PartnerCustomerId, ResellerId},
    phone::PhoneNumber,
    text::Text,
};
use crate::http::body::{
    field::{Field, parses},
    object::request_object,
};

request_object! {
    pub struct CustomerViewModel {
        /// Chosen by the server where it is missing, or all zeros.
        #[validate(custom(function = parses))]
        id: Field<PartnerCustomerId>,
        #[serde(rename = "companyName")]
        #[validate(required, custom(function = parses))]
        company_name: Field<Text<255>>,
        #[serde(rename = "taxId")]
        #[validate(custom(function = parses))]
        tax_id: Field<Text<255>>,
        /// ISO 3166-1 alpha-2, in any case.
        #[validate(required, custom(function = parses))]
        country: Field<CountryCode>,
        #[serde(rename = "addressLine1")]
        #[validate(required, custom(function = parses))]
        address_line1: Field<MultilineText<255>>,
        #[serde(rename = "addressLine2")]
        #[validate(custom(function = parses))]
        address_line2: Field<MultilineText<255>>,
        #[validate(required, custom(function = parses))]
        city: Field<Text<255>>,
        /// Empty or `null` where there is none.
        #[validate(custom(function = is_there))]
        state: Field<TextOrNone<255>>,
        /// Empty or `null` where there is none.
        #[validate(custom(function = is_there))]
        zip: Field<TextOrNone<30>>,
        #[serde(rename = "firstName")]
        #[validate(required, custom(function = parses))]
        first_name: Field<Text<255>>,
        #[serde(rename = "middleName")]
        #[validate(custom(function = parses))]
        middle_name: Field<Text<255>>,
        #[serde(rename = "lastName")]
        #[validate(required, custom(function = parses))]
        last_name: Field<Text<255>>,
        /// An address where it reads as one, free text otherwise.
        #[validate(required, custom(function = parses))]
        email: Field<Contact<Email, 255>>,
        /// An international number where it reads as one, free text otherwise.
        #[validate(required, custom(function = parses))]
        phone: Field<Contact<PhoneNumber, 30>>,
        #[serde(rename = "internalIdentifier")]
        #[validate(custom(function = parses))]
        internal_identifier: Field<Text<255>>,
        /// The reseller this customer belongs to; none: a direct relation with the CSP. A reseller always acts as itself.
        #[serde(rename = "resellerId")]
        #[validate(custom(function = parses))]
        reseller_id: Field<ResellerId>,
        /// By the GUID of a provider instance of this tenant.
        #[serde(rename = "providerCustomers")]
        #[validate(required, nested)]
        provider_customers: Field<ProviderCustomersDto>,
        /// Further resellers; each once.
        #[serde(rename = "customerAssociations")]
        #[validate(nested)]
        customer_associations: Field<AssociationsDto>,
    }
    ignored "isDeleted";
    constraints of_new_customer;
}

/// `state` and `zip` are there, though they may be empty.
fn of_new_customer(mut customer: Object) -> Object {
    customer.required.extend(["state", "zip"].map(str::to_owned));
    customer
}

/// The customer of every example.
pub const EXAMPLE_ID: &str = "8f14e45f-ceea-4e7b-a5d0-2c9b1b7f3a11";

impl CustomerViewModel {
    /// Upstream's example, with values.
    pub fn example() -> Value {
        json!({
            "id": EXAMPLE_ID,
            "companyName": "Fabrikam Lda.",
            "taxId": "PT501234567",
            "country": "PT",
            "addressLine1": "Rua Augusta 24",
            "city": "Lisboa",
            "state": "Lisboa",
            "zip": "1100-053",
            "firstName": "Ana",
            "lastName": "Silva",
            "email": "ana.silva@fabrikam.example",
            "phone": "+351 912 345 678",
            "internalIdentifier": "PT-0042",
            "providerCustomers": {}
        })
    }
}

impl CustomerViewModel {
    /// The customer, once `validate` has found nothing. Without an id it gets a new one.
    pub fn into_domain(self) -> Option<PartnerCustomer> {
        let Self {
            id,
            company_name,
            tax_id,
            country,
            address_line1,
            address_line2,
            city,
            state,
            zip,
            first_name,
            middle_name,
            last_name,
            email,
            phone,
            internal_identifier,
            reseller_id,
            provider_customers,
            customer_associations,
        } = self;
        Some(PartnerCustomer {
            id: id
                .into_option()
                .filter(|id| !id.0.is_nil())
                .unwrap_or_else(|| PartnerCustomerId(Uuid::new_v4())),
            company_name: company_name.into_option(),
            tax_id: tax_id.into_option(),
            country: country.into_option()?,
            address_line1: address_line1.into_option(),
            address_line2: address_line2.into_option(),
            city: city.into_option(),
            state: state.into_option().and_then(TextOrNone::into_text),
            zip: zip.into_option().and_then(TextOrNone::into_text),
            first_name: first_name.into_option(),
            middle_name: middle_name.into_option(),
            last_name: last_name.into_option(),
            email: email.into_option(),
            phone: phone.into_option(),
            internal_identifier: internal_identifier.into_option(),
            reseller: reseller_id.into_option(),
            associations: customer_associations.into_option().unwrap_or_default().into_domain(),
            provider_customers: provider_customers.into_option()?.into_domain(),
        })
    }
}
