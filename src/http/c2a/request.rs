//! CustomerDto: the customer in a request.
//!
//! Upstream: "Store New Customer". The rule of each field is its type; unknown properties and those the
//! server owns (`tenantId`, `version`, `createdAt`) are ignored.

use utoipa::openapi::{Object, RefOr, schema::Schema};
use validator::Validate;

use super::attributes::{self, path};
use crate::domain::{
    address::PostalAddress,
    attribute::Attribute,
    change::Change,
    corporation::{CorporationInfo, FurtherProperties},
    country::CountryCode,
    customer::{CustomerRef, Profile, ProfileChange, missing},
    customer_urn::CustomerUrn,
    email::Email,
    external_id::ExternalId,
    field_error::FieldError,
    gender::Gender,
    language::LanguageCode,
    legal_type::LegalType,
    phone::PhoneNumber,
    privacy::PrivacySettings,
    problem::Problem,
    region::ClaimedRegion,
    status::CustomerStatus,
    text::Text,
};
use crate::http::body::{
    field::{Field, parses},
    object::{RequestObject, object_values, request_object},
    schema::{self, Schemas, forbid_null, require},
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
        pub external_identifier: Field<ExternalId>,
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
        pub primary_billing_address: Field<PostalAddressDto>,
        /// Replaced whole. Required for `Corporate`.
        #[serde(rename = "corporationInfo")]
        #[validate(nested)]
        pub corporation_info: Field<CorporationInfoDto>,
        /// Consents: any JSON object of at most 8 KiB and 5 levels, kept verbatim.
        #[validate(custom(function = parses))]
        pub privacy: Field<PrivacySettings>,
        /// The tenant's own word; `Active` where it is missing. `Anonymized` is the service's.
        #[validate(custom(function = parses))]
        pub status: Field<CustomerStatus>,
    }
}

request_object! {
    /// The country and language the caller claims for the customer.
    pub struct ClaimedRegionDto {
        /// ISO 3166-1 alpha-2, in any case.
        #[serde(rename = "countryCode")]
        #[validate(required, custom(function = parses))]
        country_code: Field<CountryCode>,
        /// ISO 639-1, in any case.
        #[serde(rename = "languageCode")]
        #[validate(required, custom(function = parses))]
        language_code: Field<LanguageCode>,
    }
}

request_object! {
    pub struct PostalAddressDto {
        #[validate(custom(function = parses))]
        street: Field<Text<255>>,
        #[validate(custom(function = parses))]
        street2: Field<Text<255>>,
        #[validate(custom(function = parses))]
        city: Field<Text<255>>,
        #[validate(custom(function = parses))]
        state: Field<Text<255>>,
        #[serde(rename = "postalCode")]
        #[validate(custom(function = parses))]
        postal_code: Field<Text<30>>,
        /// ISO 3166-1 alpha-2, in any case.
        #[serde(rename = "countryCode")]
        #[validate(required, custom(function = parses))]
        country_code: Field<CountryCode>,
    }
}

request_object! {
    /// Named properties and whatever else the tenant sends.
    pub struct CorporationInfoDto {
        #[serde(rename = "companyName")]
        #[validate(required, custom(function = parses))]
        company_name: Field<Text<255>>,
        #[serde(rename = "taxNumber")]
        #[validate(custom(function = parses))]
        tax_number: Field<Text<255>>,
        #[serde(rename = "taxOffice")]
        #[validate(custom(function = parses))]
        tax_office: Field<Text<255>>,
        #[serde(rename = "vatNumber")]
        #[validate(custom(function = parses))]
        vat_number: Field<Text<255>>,
        #[serde(rename = "registrationNumber")]
        #[validate(custom(function = parses))]
        registration_number: Field<Text<255>>,
    }
    extra further: FurtherProperties;
}

object_values!(ClaimedRegionDto, PostalAddressDto);

impl Value for CustomerDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        value::object(json)
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        Self::object(schemas).into()
    }
}

impl Value for CorporationInfoDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        const NAMED: [&str; 5] = ["companyName", "taxNumber", "taxOffice", "vatNumber", "registrationNumber"];
        let named: Self = value::object(json)?;
        Ok(Self { further: FurtherProperties::parse(json, &NAMED)?, ..named })
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        let object = schema::keeping_further(Self::object(schemas));
        schema::named("CorporationInfoDto", object, schemas)
    }
}

impl CustomerDto {
    /// The profile of a new customer. `customerUrn` is the server's to choose, and `null` is as good as absent.
    ///
    /// `None` where a field is missing or wrong, which [`Self::missing`] and `field_errors` tell.
    pub fn into_profile(self, region: Option<ClaimedRegion>) -> Option<Profile> {
        let (_, external_id, change) = self.into_parts();
        Some(Profile::new(external_id?, region?).changed_by(change))
    }

    /// Which customer an update is for, and what it changes. The URN wins; with it, `externalIdentifier` is
    /// the new value. `None`: neither is there.
    pub fn into_change(self, region: Change<ClaimedRegion>) -> Option<(CustomerRef, ProfileChange)> {
        let (urn, external_id, change) = self.into_parts();
        let change = ProfileChange { region, ..change };
        match (urn, external_id) {
            (Some(urn), Some(new)) => {
                Some((CustomerRef::Urn(urn), ProfileChange { external_id: Change::Set(new), ..change }))
            }
            (Some(urn), None) => Some((CustomerRef::Urn(urn), change)),
            (None, Some(id)) => Some((CustomerRef::ExternalId(id), change)),
            (None, None) => None,
        }
    }

    /// The two identifiers, and what is said of everything else inside `customer`.
    fn into_parts(self) -> (Option<CustomerUrn>, Option<ExternalId>, ProfileChange) {
        let Self {
            customer_urn,
            external_identifier,
            email,
            phone_number,
            salutation,
            first_name,
            last_name,
            gender,
            legal_type,
            primary_billing_address,
            corporation_info,
            privacy,
            status,
        } = self;
        let change = ProfileChange {
            external_id: Change::Keep,
            region: Change::Keep,
            email: email.into_change(),
            phone_number: phone_number.into_change(),
            salutation: salutation.into_change(),
            first_name: first_name.into_change(),
            last_name: last_name.into_change(),
            gender: gender.into_change(),
            legal_type: legal_type.into_change(),
            billing_address: nested(primary_billing_address.into_change(), PostalAddressDto::into_domain),
            corporation: nested(corporation_info.into_change(), CorporationInfoDto::into_domain),
            privacy: privacy.into_change(),
            status: status.into_change(),
        };
        (customer_urn.into_option(), external_identifier.into_option(), change)
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
        self.customer_urn.is_given() || self.external_identifier.is_given()
    }

    /// Fields a customer always has, sent as `null`.
    pub fn cleared_in_vain(&self) -> Vec<FieldError> {
        let fields = [
            (Attribute::ExternalIdentifier, self.external_identifier.is_null()),
            (Attribute::LegalType, self.legal_type.is_null()),
            (Attribute::Status, self.status.is_null()),
        ];
        let cleared = fields.into_iter().filter(|(_, is_null)| *is_null);
        cleared.map(|(attribute, _)| FieldError::new(path(attribute), Problem::NotClearable)).collect()
    }
}

impl ClaimedRegionDto {
    pub fn into_domain(self) -> Option<ClaimedRegion> {
        Some(ClaimedRegion {
            country: self.country_code.into_option()?,
            language: self.language_code.into_option()?,
        })
    }
}

impl PostalAddressDto {
    fn into_domain(self) -> Option<PostalAddress> {
        let Self { street, street2, city, state, postal_code, country_code } = self;
        Some(PostalAddress {
            street: street.into_option(),
            street2: street2.into_option(),
            city: city.into_option(),
            state: state.into_option(),
            postal_code: postal_code.into_option(),
            country: country_code.into_option()?,
        })
    }
}

impl CorporationInfoDto {
    fn into_domain(self) -> Option<CorporationInfo> {
        let Self { company_name, tax_number, tax_office, vat_number, registration_number, further } = self;
        Some(CorporationInfo {
            company_name: company_name.into_option()?,
            tax_number: tax_number.into_option(),
            tax_office: tax_office.into_option(),
            vat_number: vat_number.into_option(),
            registration_number: registration_number.into_option(),
            further,
        })
    }
}

/// The customer in a request that is new: `customerUrn` is not looked at.
pub fn new_customer(customer: &mut Object) {
    customer.properties.shift_remove("customerUrn");
    require(customer, "externalIdentifier");
}

/// The customer in a request that changes one: some fields cannot be cleared.
pub fn known_customer(customer: &mut Object) {
    for field in ["externalIdentifier", "legalType", "status"] {
        forbid_null(customer, field);
    }
}

/// The request around a customer, which it must hold.
pub fn around_customer(mut request: Object, customer: impl Fn(&mut Object)) -> Object {
    require(&mut request, "customer");
    if let Some(RefOr::T(Schema::Object(inner))) = request.properties.get_mut("customer") {
        customer(inner);
    }
    request
}

/// A change of a DTO as a change of what it stands for.
pub fn nested<D, T>(change: Change<D>, into_domain: impl Fn(D) -> Option<T>) -> Change<T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(dto) => into_domain(dto).map_or(Change::Keep, Change::Set),
    }
}
