//! CustomerDto and AzotteCustomer: the customer on the C2A wire, in and out.
//!
//! Upstream: "Store New Customer". The rule of each field is its type; unknown properties and those the
//! server owns (`tenantId`, `version`, `createdAt`) are ignored.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Value, json, value::RawValue};
use utoipa::{
    ToSchema,
    openapi::{
        AllOfBuilder, Object, ObjectBuilder, RefOr, Type,
        schema::{AnyOfBuilder, Schema},
    },
};
use validator::Validate;

use crate::domain::{
    address::PostalAddress,
    attribute::Attribute,
    change::Change,
    corporation::{CorporationInfo, FurtherProperties},
    country::CountryCode,
    customer::{Customer, CustomerRef, Profile, ProfileChange, missing},
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
use crate::http::{
    field::{Field, Required, Wire, wire_objects},
    json as body,
    openapi::{
        Schemas,
        object::{self, Fields, forbid_null, naming_one_of, request_object, require},
        value,
    },
};

request_object! {
    /// The customer in a request.
    pub struct CustomerDto {
        /// Which customer to change; wins over `externalIdentifier`, which then is the new value.
        pub customer_urn: Field<CustomerUrn>,
        /// The tenant's own identifier: opaque, case-sensitive, kept byte for byte. Unique within the tenant.
        pub external_identifier: Field<ExternalId>,
        /// Surrounding spaces are dropped. Unique within the tenant, whatever the case.
        pub email: Field<Email>,
        /// With its country code; kept and answered as E.164. Unique within the tenant.
        pub phone_number: Field<PhoneNumber>,
        pub salutation: Field<Text<50>>,
        pub first_name: Field<Text<255>>,
        pub last_name: Field<Text<255>>,
        /// In any case; answered as listed.
        pub gender: Field<Gender>,
        /// In any case; `Individual` where it is missing. `Corporate` asks for `corporationInfo`.
        pub legal_type: Field<LegalType>,
        /// Replaced whole.
        pub primary_billing_address: Field<PostalAddressDto>,
        /// Replaced whole. Required for `Corporate`.
        pub corporation_info: Field<CorporationInfoDto>,
        /// Consents: any JSON object of at most 8 KiB and 5 levels, kept verbatim.
        pub privacy: Field<PrivacySettings>,
        /// The tenant's own word; `Active` where it is missing. `Anonymized` is the service's.
        pub status: Field<CustomerStatus>,
    }
}

request_object! {
    /// The country and language the caller claims for the customer.
    pub struct ClaimedRegionDto {
        /// ISO 3166-1 alpha-2, in any case.
        country_code: Required<CountryCode>,
        /// ISO 639-1, in any case.
        language_code: Required<LanguageCode>,
    }
}

request_object! {
    pub struct PostalAddressDto {
        street: Field<Text<255>>,
        street2: Field<Text<255>>,
        city: Field<Text<255>>,
        state: Field<Text<255>>,
        postal_code: Field<Text<30>>,
        /// ISO 3166-1 alpha-2, in any case.
        country_code: Required<CountryCode>,
    }
}

request_object! {
    /// Named properties and whatever else the tenant sends.
    pub struct CorporationInfoDto {
        company_name: Required<Text<255>>,
        tax_number: Field<Text<255>>,
        tax_office: Field<Text<255>>,
        vat_number: Field<Text<255>>,
        registration_number: Field<Text<255>>,
    }
    besides further: FurtherProperties;
}

wire_objects!(ClaimedRegionDto, PostalAddressDto);

impl Wire for CustomerDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        body::object(json)
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        Self::object(schemas).into()
    }

    fn check(&self) -> Result<(), validator::ValidationErrors> {
        self.validate()
    }
}

impl Wire for CorporationInfoDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        const NAMED: [&str; 5] = ["companyName", "taxNumber", "taxOffice", "vatNumber", "registrationNumber"];
        let named: Self = body::object(json)?;
        Ok(Self { further: FurtherProperties::parse(json, &NAMED)?, ..named })
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        let mut named = Self::object(schemas);
        named.additional_properties =
            object::kept(&[], FurtherProperties::MAX_LEVELS, schemas).additional_properties;
        object::named("CorporationInfoDto", named, schemas)
    }

    fn check(&self) -> Result<(), validator::ValidationErrors> {
        self.validate()
    }
}

impl CustomerDto {
    /// The profile of a new customer. `customerUrn` is the server's to choose.
    ///
    /// `None` where a field is missing or wrong, which [`Self::missing`] and `validate` tell.
    pub fn into_profile(self, region: Option<ClaimedRegion>) -> Option<Profile> {
        Some(Profile {
            external_id: self.external_identifier.into_option()?,
            email: self.email.into_option(),
            phone_number: self.phone_number.into_option(),
            salutation: self.salutation.into_option(),
            first_name: self.first_name.into_option(),
            last_name: self.last_name.into_option(),
            gender: self.gender.into_option(),
            legal_type: self.legal_type.into_option().unwrap_or_default(),
            billing_address: self
                .primary_billing_address
                .into_option()
                .and_then(PostalAddressDto::into_domain),
            corporation: self.corporation_info.into_option().and_then(CorporationInfoDto::into_domain),
            privacy: self.privacy.into_option(),
            region: region?,
            status: self.status.into_option().unwrap_or_default(),
        })
    }

    /// What a new customer must have and this one has not; a field that is there but wrong is not missing.
    pub fn missing(&self, required: &[Attribute]) -> Vec<FieldError> {
        let legal_type = self.legal_type.as_option().copied().unwrap_or_default();
        missing(legal_type, required, |attribute| self.has(attribute))
            .into_iter()
            .map(self::required)
            .collect()
    }

    fn has(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::ExternalIdentifier => self.external_identifier.is_given(),
            Attribute::Email => self.email.is_given(),
            Attribute::PhoneNumber => self.phone_number.is_given(),
            Attribute::Salutation => self.salutation.is_given(),
            Attribute::FirstName => self.first_name.is_given(),
            Attribute::LastName => self.last_name.is_given(),
            Attribute::Gender => self.gender.is_given(),
            Attribute::PrimaryBillingAddress => self.primary_billing_address.is_given(),
            Attribute::CorporationInfo => self.corporation_info.is_given(),
            Attribute::Privacy => self.privacy.is_given(),
            // Defaulted, or checked where it stands: beside the customer, not in it.
            Attribute::LegalType | Attribute::Status | Attribute::ClaimedRegion => true,
        }
    }

    /// Which customer an update is for, and what it changes. The URN wins; with it, `externalIdentifier` is
    /// the new value. `None`: neither is there.
    pub fn into_change(self, region: Change<ClaimedRegion>) -> Option<(CustomerRef, ProfileChange)> {
        let urn = self.customer_urn.into_option().map(CustomerRef::Urn);
        let external_id = self.external_identifier.into_option();
        let (customer, new_external_id) = match (urn, external_id) {
            (Some(urn), Some(new)) => (urn, Change::Set(new)),
            (Some(urn), None) => (urn, Change::Keep),
            (None, Some(id)) => (CustomerRef::ExternalId(id), Change::Keep),
            (None, None) => return None,
        };
        let change = ProfileChange {
            external_id: new_external_id,
            email: self.email.into_change(),
            phone_number: self.phone_number.into_change(),
            salutation: self.salutation.into_change(),
            first_name: self.first_name.into_change(),
            last_name: self.last_name.into_change(),
            gender: self.gender.into_change(),
            legal_type: self.legal_type.into_change(),
            billing_address: nested(
                self.primary_billing_address.into_change(),
                PostalAddressDto::into_domain,
            ),
            corporation: nested(self.corporation_info.into_change(), CorporationInfoDto::into_domain),
            privacy: self.privacy.into_change(),
            region,
            status: self.status.into_change(),
        };
        Some((customer, change))
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
        Some(PostalAddress {
            street: self.street.into_option(),
            street2: self.street2.into_option(),
            city: self.city.into_option(),
            state: self.state.into_option(),
            postal_code: self.postal_code.into_option(),
            country: self.country_code.into_option()?,
        })
    }
}

impl CorporationInfoDto {
    fn into_domain(self) -> Option<CorporationInfo> {
        Some(CorporationInfo {
            company_name: self.company_name.into_option()?,
            tax_number: self.tax_number.into_option(),
            tax_office: self.tax_office.into_option(),
            vat_number: self.vat_number.into_option(),
            registration_number: self.registration_number.into_option(),
            further: self.further,
        })
    }
}

/// The customer in a request that is new: `customerUrn` is not looked at.
pub fn new_customer(mut customer: Object) -> Schema {
    customer.properties.shift_remove("customerUrn");
    require(&mut customer, "externalIdentifier");
    let company = || ObjectBuilder::new().schema_type(Type::Object).required("corporationInfo");
    let is_person = ObjectBuilder::new().schema_type(Type::Object).property(
        "legalType",
        value::pattern_or_null(&value::any_case_pattern(&[LegalType::Individual.as_str()])),
    );
    let has_corporation = company().property("corporationInfo", value::any_object());
    let either = AnyOfBuilder::new().item(is_person).item(has_corporation);
    AllOfBuilder::new().item(customer).item(either).build().into()
}

/// The customer in a request that changes one: some fields cannot be cleared, and one must say who it is.
pub fn known_customer(mut customer: Object) -> Schema {
    for field in ["externalIdentifier", "legalType", "status"] {
        forbid_null(&mut customer, field);
    }
    naming_one_of(customer, &["customerUrn", "externalIdentifier"])
}

/// The request around a customer, which it must hold.
pub fn around_customer(mut request: Object, customer: impl Fn(Object) -> Schema) -> Object {
    require(&mut request, "customer");
    if let Some(property) = request.properties.get_mut("customer")
        && let RefOr::T(Schema::Object(inner)) = property
    {
        *property = customer(std::mem::take(inner)).into();
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

/// Where a field of the record stands in a request.
pub fn path(attribute: Attribute) -> String {
    match attribute {
        Attribute::ClaimedRegion => attribute.to_string(),
        attribute => format!("customer.{attribute}"),
    }
}

pub fn required(attribute: Attribute) -> FieldError {
    FieldError::new(path(attribute), Problem::Required)
}

/// AzotteCustomer: the customer in an answer. Absent values are left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzotteCustomer {
    /// The platform's name for the customer, for every further call.
    #[schema(pattern = r"^cu\.[0-9]{2}\.[1-9][0-9]{0,18}$")]
    customer_urn: String,
    external_identifier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    salutation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = genders)]
    gender: Option<&'static str>,
    #[schema(schema_with = legal_types)]
    legal_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    primary_billing_address: Option<AddressView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    corporation_info: Option<CorporationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = value::any_object)]
    privacy: Option<Box<RawValue>>,
    claimed_region: RegionView,
    status: String,
    /// 1 at first, and 1 more with each change.
    #[schema(minimum = 1)]
    version: i64,
    #[serde(serialize_with = "rfc3339")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339")]
    updated_at: DateTime<Utc>,
}

impl AzotteCustomer {
    /// Upstream's example, with our fields.
    pub fn example() -> Value {
        json!({
            "customerUrn": "cu.00.482",
            "externalIdentifier": "crm-9981273",
            "email": "jane.doe@example.com",
            "phoneNumber": "+491701234567",
            "salutation": "Ms.",
            "firstName": "Jane",
            "lastName": "Doe",
            "gender": "Female",
            "legalType": "Individual",
            "primaryBillingAddress": {
                "street": "Hauptstr. 1", "city": "Berlin", "postalCode": "10115", "countryCode": "DE"
            },
            "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
            "status": "Active",
            "version": 1,
            "createdAt": "2026-11-21T09:30:00.123456Z",
            "updatedAt": "2026-11-21T09:30:00.123456Z"
        })
    }
}

impl From<Customer> for AzotteCustomer {
    fn from(customer: Customer) -> Self {
        let Customer { urn, version, created_at, updated_at, profile } = customer;
        Self {
            customer_urn: urn.to_string(),
            external_identifier: profile.external_id.as_str().to_owned(),
            email: profile.email.map(|email| email.as_str().to_owned()),
            phone_number: profile.phone_number.map(|phone| phone.as_str().to_owned()),
            salutation: profile.salutation.map(Text::into_string),
            first_name: profile.first_name.map(Text::into_string),
            last_name: profile.last_name.map(Text::into_string),
            gender: profile.gender.map(Gender::as_str),
            legal_type: profile.legal_type.as_str(),
            primary_billing_address: profile.billing_address.map(AddressView::from),
            corporation_info: profile.corporation.map(CorporationView::from),
            privacy: profile.privacy.and_then(|privacy| raw(privacy.as_str().to_owned())),
            claimed_region: RegionView {
                country_code: profile.region.country.as_str().to_owned(),
                language_code: profile.region.language.as_str().to_owned(),
            },
            status: profile.status.as_str().to_owned(),
            version,
            created_at,
            updated_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegionView {
    country_code: String,
    language_code: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AddressView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    street2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    postal_code: Option<String>,
    country_code: String,
}

impl From<PostalAddress> for AddressView {
    fn from(address: PostalAddress) -> Self {
        Self {
            street: address.street.map(Text::into_string),
            street2: address.street2.map(Text::into_string),
            city: address.city.map(Text::into_string),
            state: address.state.map(Text::into_string),
            postal_code: address.postal_code.map(Text::into_string),
            country_code: address.country.as_str().to_owned(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CorporationView {
    company_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tax_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tax_office: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    vat_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    registration_number: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Value>)]
    further: FurtherProperties,
}

impl From<CorporationInfo> for CorporationView {
    fn from(corporation: CorporationInfo) -> Self {
        Self {
            company_name: corporation.company_name.into_string(),
            tax_number: corporation.tax_number.map(Text::into_string),
            tax_office: corporation.tax_office.map(Text::into_string),
            vat_number: corporation.vat_number.map(Text::into_string),
            registration_number: corporation.registration_number.map(Text::into_string),
            further: corporation.further,
        }
    }
}

/// JSON kept as sent goes out as it is.
fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn genders() -> Object {
    value::one_of(&Gender::ALL.map(Gender::as_str))
}

fn legal_types() -> Object {
    value::one_of(&LegalType::ALL.map(LegalType::as_str))
}
