//! AzotteCustomer: the customer in an answer.
//!
//! Upstream: "Store New Customer". What the tenant sent as JSON of its own goes out as it came.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Value, json, value::RawValue};
use strum::VariantNames;
use utoipa::{ToSchema, openapi::Object};

use crate::domain::{
    additional_properties::AdditionalProperties, address::PostalAddress, corporation::CorporationInfo,
    customer::Customer, email::Email, external_id::ExternalId, gender::Gender, legal_type::LegalType,
    multiline_text::MultilineText, phone::PhoneNumber, privacy::PrivacySettings,
    profile_fields::profile_fields, region::ClaimedRegion, source_version::SourceVersion,
    status::CustomerStatus, text::Text,
};
use crate::http::body::schema;

/// AzotteCustomer: the customer in an answer. Absent values are left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzotteCustomer {
    /// The platform's name for the customer, for every further call.
    #[schema(pattern = r"^cu\.[0-9]{2}\.[1-9][0-9]{0,18}$")]
    customer_urn: String,
    #[serde(rename = "externalIdentifier")]
    external_id: String,
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
    #[serde(rename = "primaryBillingAddress", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    billing_address: Option<AddressView>,
    #[serde(rename = "corporationInfo", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    corporation: Option<CorporationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::any_object)]
    privacy: Option<Box<RawValue>>,
    #[serde(rename = "claimedRegion")]
    region: RegionView,
    status: String,
    /// 1 at first, and 1 more with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// The tenant's own version of the record. Only in answers to requests with `onConflict`, `sourceVersion` or `onStale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    source_version: Option<i64>,
    #[serde(serialize_with = "rfc3339")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339")]
    updated_at: DateTime<Utc>,
}

impl AzotteCustomer {
    pub fn with_source_version(customer: Customer) -> Self {
        let source_version = customer.source_version.map(SourceVersion::get);
        Self { source_version, ..customer.into() }
    }

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

/// As documented: without `sourceVersion`.
impl From<Customer> for AzotteCustomer {
    fn from(customer: Customer) -> Self {
        let Customer { urn, version, source_version: _, created_at, updated_at, profile } = customer;
        let customer_urn = urn.to_string();
        macro_rules! view {
            ($($field:ident: $kind:ident $Type:ty => $Name:ident,)+) => {
                Self {
                    customer_urn,
                    $($field: profile.$field.into_view(),)+
                    version,
                    source_version: None,
                    created_at,
                    updated_at,
                }
            };
        }
        profile_fields!(view)
    }
}

/// A value of the domain as it is answered.
trait IntoView<View> {
    fn into_view(self) -> View;
}

impl<T: IntoView<View>, View> IntoView<Option<View>> for Option<T> {
    fn into_view(self) -> Option<View> {
        self.map(T::into_view)
    }
}

macro_rules! views {
    ($($Type:ty => $View:ty: $into_view:expr;)+) => {$(
        impl IntoView<$View> for $Type {
            fn into_view(self) -> $View {
                ($into_view)(self)
            }
        }
    )+};
}

views! {
    ExternalId => String: Self::into_string;
    Email => String: |email: Self| email.as_str().to_owned();
    PhoneNumber => String: |phone: Self| phone.as_str().to_owned();
    Gender => &'static str: Self::as_str;
    LegalType => &'static str: Self::as_str;
    PostalAddress => AddressView: AddressView::from;
    CorporationInfo => CorporationView: CorporationView::from;
    PrivacySettings => Box<RawValue>: |privacy: Self| raw(privacy.into_string());
    ClaimedRegion => RegionView: RegionView::from;
    CustomerStatus => String: |status: Self| status.as_str().to_owned();
}

impl<const MAX: usize> IntoView<String> for Text<MAX> {
    fn into_view(self) -> String {
        self.into_string()
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegionView {
    country_code: String,
    language_code: String,
}

impl From<ClaimedRegion> for RegionView {
    fn from(region: ClaimedRegion) -> Self {
        let ClaimedRegion { country, language } = region;
        Self { country_code: country.as_str().to_owned(), language_code: language.as_str().to_owned() }
    }
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
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Value>)]
    additional: AdditionalProperties,
}

impl From<PostalAddress> for AddressView {
    fn from(address: PostalAddress) -> Self {
        let PostalAddress { street, street2, city, state, postal_code, country, additional } = address;
        Self {
            street: street.map(MultilineText::into_string),
            street2: street2.map(MultilineText::into_string),
            city: city.map(Text::into_string),
            state: state.map(Text::into_string),
            postal_code: postal_code.map(Text::into_string),
            country_code: country.as_str().to_owned(),
            additional,
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
    additional: AdditionalProperties,
}

impl From<CorporationInfo> for CorporationView {
    fn from(corporation: CorporationInfo) -> Self {
        let CorporationInfo {
            company_name,
            tax_number,
            tax_office,
            vat_number,
            registration_number,
            additional,
        } = corporation;
        Self {
            company_name: company_name.into_string(),
            tax_number: tax_number.map(Text::into_string),
            tax_office: tax_office.map(Text::into_string),
            vat_number: vat_number.map(Text::into_string),
            registration_number: registration_number.map(Text::into_string),
            additional,
        }
    }
}

/// JSON kept as sent goes out as it is; what was stored is JSON.
fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap_or_default()
}

pub fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn genders() -> Object {
    schema::one_of(Gender::VARIANTS)
}

fn legal_types() -> Object {
    schema::one_of(LegalType::VARIANTS)
}
