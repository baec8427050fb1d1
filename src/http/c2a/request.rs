//! CustomerDto: the customer in a request.
//!
//! Upstream: "Store New Customer". The rule of each field is its type; unknown properties and those the
//! server owns (`tenantId`, `version`, `createdAt`) are ignored.

use std::mem;

use utoipa::openapi::{Object, RefOr, schema::Schema};
use validator::Validate;

use super::{
    attributes::{self, path},
    request_parts::{ClaimedRegionDto, CorporationInfoDto, PostalAddressDto},
};
use crate::domain::{
    attribute::Attribute,
    change::Change,
    customer::{CustomerRef, Profile, ProfileChange, missing},
    customer_urn::CustomerUrn,
    email::Email,
    external_id::ExternalId,
    field_error::FieldError,
    gender::Gender,
    legal_type::LegalType,
    phone::PhoneNumber,
    privacy::PrivacySettings,
    problem::Problem,
    profile_fields::profile_fields,
    region::ClaimedRegion,
    status::CustomerStatus,
    text::Text,
};
use crate::http::body::{
    field::{Field, parses},
    object::{RequestObject, request_object},
    schema::{Schemas, forbid_null, require},
    value::{self, Value},
};

request_object! {
    /// The customer in a request.
    pub struct CustomerDto {
        /// Which customer to change; wins over `externalIdentifier`, which then is the new value.
        #[serde(rename = "customerUrn")]
        #[validate(custom(function = parses))]
        pub customer_urn: Field<CustomerUrn>,
        /// The tenant's own identifier: opaque, case-sensitive, kept byte for byte, no white space at its ends. Unique
        /// within the tenant.
        #[serde(rename = "externalIdentifier")]
        #[validate(custom(function = parses))]
        pub external_id: Field<ExternalId>,
        /// Surrounding spaces are dropped. Unique within the tenant, whatever the case.
        #[validate(custom(function = parses))]
        pub email: Field<Email>,
        /// With its country code; kept and answered as E.164. Unique within the tenant.
        #[serde(rename = "phoneNumber")]
        #[validate(custom(function = parses))]
        pub phone_number: Field<PhoneNumber>,
        #[validate(custom(function = parses))]
        pub salutation: Field<Text<50>>,
        #[serde(rename = "firstName")]
        #[validate(custom(function = parses))]
        pub first_name: Field<Text<255>>,
        #[serde(rename = "lastName")]
        #[validate(custom(function = parses))]
        pub last_name: Field<Text<255>>,
        /// In any case; answered as listed.
        #[validate(custom(function = parses))]
        pub gender: Field<Gender>,
        /// In any case; `Individual` where it is missing. `Corporate` asks for `corporationInfo`.
        #[serde(rename = "legalType")]
        #[validate(custom(function = parses))]
        pub legal_type: Field<LegalType>,
        /// Replaced whole.
        #[serde(rename = "primaryBillingAddress")]
        #[validate(nested)]
        pub billing_address: Field<PostalAddressDto>,
        /// Replaced whole. Required for `Corporate`.
        #[serde(rename = "corporationInfo")]
        #[validate(nested)]
        pub corporation: Field<CorporationInfoDto>,
        /// Consents: any JSON object of at most 8 KiB and 5 levels, kept verbatim.
        #[validate(custom(function = parses))]
        pub privacy: Field<PrivacySettings>,
        /// The tenant's own word; `Active` where it is missing. `Anonymized` is the service's.
        #[validate(custom(function = parses))]
        pub status: Field<CustomerStatus>,
        /// As in answers; read where the one beside `customer` is absent.
        #[serde(rename = "claimedRegion")]
        #[validate(nested)]
        pub region: Field<ClaimedRegionDto>,
    }
    ignored "tenantId", "version", "createdAt", "updatedAt", "options";
}

impl Value for CustomerDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        value::object(json)
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        Self::object(schemas).into()
    }
}

impl CustomerDto {
    /// What a new customer has at least, and what is said of this one. `customerUrn` is the server's to choose.
    ///
    /// `None` where a field is missing or wrong, which [`Self::missing`] and `field_errors` tell.
    pub fn into_new(self, region: Option<ClaimedRegion>) -> Option<(Profile, ProfileChange)> {
        let external_id = self.external_id.as_option().cloned()?;
        let change = self.into_profile_change(Change::Set(region.clone()?));
        Some((Profile::new(external_id, region?), change))
    }

    /// Which customer an update is for, and what it changes. The URN wins; with it, `externalIdentifier` is
    /// the new value. `None`: neither is there.
    pub fn into_change(mut self, region: Change<ClaimedRegion>) -> Option<(CustomerRef, ProfileChange)> {
        let customer = match self.customer_urn.as_option() {
            Some(urn) => CustomerRef::Urn(*urn),
            None => CustomerRef::ExternalId(mem::take(&mut self.external_id).into_option()?),
        };
        Some((customer, self.into_profile_change(region)))
    }

    /// What is said of each field; the region is chosen from both places by the request around the customer.
    fn into_profile_change(self, region: Change<ClaimedRegion>) -> ProfileChange {
        macro_rules! change {
            ($($field:ident: $kind:ident $Type:ty => $Name:ident,)+) => {
                ProfileChange { $($field: self.$field.into_domain(),)+ }
            };
        }
        ProfileChange { region, ..profile_fields!(change) }
    }

    /// What a new customer must have and this one has not; a field that is there but wrong is not missing.
    pub fn missing(&self, required: &[Attribute]) -> Vec<FieldError> {
        let legal_type = self.legal_type.as_option().copied().unwrap_or_default();
        missing(legal_type, required, |attribute| self.has(attribute))
            .into_iter()
            .map(attributes::required)
            .collect()
    }

    /// Whether it was sent, rightly or wrongly. What is defaulted or stands beside the customer is not asked for here.
    fn has(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::LegalType | Attribute::Status | Attribute::ClaimedRegion => true,
            attribute => self.is_given(attribute.as_str()),
        }
    }

    /// Whether an update says which customer it is for, rightly or wrongly.
    pub fn names_a_customer(&self) -> bool {
        self.customer_urn.is_given() || self.external_id.is_given()
    }

    /// Fields a customer always has, sent as `null`.
    pub fn cleared_in_vain(&self) -> Vec<FieldError> {
        let fields = [
            (Attribute::ExternalIdentifier, self.external_id.is_null()),
            (Attribute::LegalType, self.legal_type.is_null()),
            (Attribute::Status, self.status.is_null()),
        ];
        let cleared = fields.into_iter().filter(|(_, is_null)| *is_null);
        cleared.map(|(attribute, _)| FieldError::new(path(attribute), Problem::NotClearable)).collect()
    }
}

/// The customer in a request that is new: `customerUrn` is not looked at.
pub fn new_customer(customer: &mut Object) {
    customer.properties.shift_remove("customerUrn");
    // Asked for beside the customer.
    customer.properties.shift_remove("claimedRegion");
    require(customer, "externalIdentifier");
}

/// The customer in a request that changes one: some fields cannot be cleared.
pub fn known_customer(customer: &mut Object) {
    for field in ["externalIdentifier", "legalType", "status", "claimedRegion"] {
        forbid_null(customer, field);
    }
}

/// The request around a customer, which it must hold.
pub fn around_customer(mut request: Object, customer: impl Fn(&mut Object)) -> Object {
    require(&mut request, "customer");
    around_any_customer(request, customer)
}

/// The request around a customer, which it may hold.
pub fn around_any_customer(mut request: Object, customer: impl Fn(&mut Object)) -> Object {
    if let Some(RefOr::T(Schema::Object(inner))) = request.properties.get_mut("customer") {
        customer(inner);
    }
    request
}
