//! CustomerViewModel: the customer in a request.
//!
//! Upstream: "Create a customer", body. The rule of each property is its type. `providerCustomerId`, `status`
//! and `customerCreationError` are the server's: ignored.

use std::collections::BTreeMap;

use serde_json::{json, value::RawValue};
use utoipa::openapi::{ArrayBuilder, RefOr, schema::Schema};
use uuid::Uuid;
use validator::{Validate, ValidationErrors};

use crate::domain::{
    country::CountryCode,
    email::Email,
    margin::{Margin, MarginRule, MarginValue},
    partner::{
        Contact, CreationError, PartnerCustomer, PartnerCustomerId, ProviderCustomer, ProviderInstanceId,
        ProviderStatus, ResellerId,
    },
    phone::PhoneNumber,
    problem::Problem,
    text::Text,
};
use crate::http::body::{
    field::{Field, parses},
    inspect,
    object::{object_values, request_object},
    schema::{self, Schemas},
    validation::{Nested, check_entries},
    value::{self, Scalar, Value},
};

request_object! {
    pub struct CustomerViewModel {
        /// Chosen by the server where it is missing.
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
        address_line1: Field<Text<255>>,
        #[serde(rename = "addressLine2")]
        #[validate(custom(function = parses))]
        address_line2: Field<Text<255>>,
        #[validate(required, custom(function = parses))]
        city: Field<Text<255>>,
        #[validate(required, custom(function = parses))]
        state: Field<Text<255>>,
        #[validate(required, custom(function = parses))]
        zip: Field<Text<30>>,
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
}

/// The customer of every example.
pub const EXAMPLE_ID: &str = "8f14e45f-ceea-4e7b-a5d0-2c9b1b7f3a11";

impl CustomerViewModel {
    /// Upstream's example, with values.
    pub fn example() -> serde_json::Value {
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

/// By the GUID of the provider instance.
#[derive(Default)]
pub struct ProviderCustomersDto(BTreeMap<String, Field<ProviderCustomerDto>>);

request_object! {
    pub struct ProviderCustomerDto {
        /// The key again, or nothing.
        #[serde(rename = "providerInstanceId")]
        #[validate(custom(function = parses))]
        provider_instance_id: Field<ProviderInstanceId>,
        /// JSON in a string of at most 16 KiB.
        #[serde(rename = "providerCustomerData")]
        #[validate(custom(function = parses))]
        provider_customer_data: Field<JsonInString>,
        /// The price margin.
        #[validate(nested)]
        margin: Field<MarginDto>,
        /// Margins that override the one above, by offer type of 1 to 100 characters.
        #[serde(rename = "offerTypeMargins")]
        #[validate(nested)]
        offer_type_margins: Field<OfferTypeMarginsDto>,
    }
}

/// A string that holds JSON of at most 16 KiB.
pub struct JsonInString(String);

request_object! {
    pub struct MarginDto {
        #[serde(rename = "marginRule", alias = "MarginRule")]
        #[validate(required, nested)]
        margin_rule: Field<MarginRuleDto>,
        #[serde(rename = "value", alias = "Value")]
        #[validate(required, custom(function = parses))]
        value: Field<MarginValue>,
    }
}

request_object! {
    pub struct MarginRuleDto {
        /// In any case; answered as listed.
        #[serde(rename = "name", alias = "Name")]
        #[validate(required, custom(function = parses))]
        name: Field<MarginRule>,
    }
}

/// By offer type; upstream's example wraps the dictionary in a property `Value`, which is accepted too.
#[derive(Default)]
pub struct OfferTypeMarginsDto(BTreeMap<String, Field<MarginDto>>);

#[derive(Default)]
pub struct AssociationsDto(Vec<Field<AssociationDto>>);

request_object! {
    pub struct AssociationDto {
        #[serde(rename = "resellerId")]
        #[validate(required, custom(function = parses))]
        reseller_id: Field<ResellerId>,
        #[validate(custom(function = parses))]
        name: Field<Text<255>>,
    }
}

object_values!(MarginDto, MarginRuleDto, AssociationDto, ProviderCustomerDto);

impl Value for JsonInString {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let text = value::string(json)?;
        if text.len() > Self::MAX_BYTES {
            return Err(Problem::TooLarge { max_bytes: Self::MAX_BYTES });
        }
        inspect::check(&text)?;
        Ok(Self(text))
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::json_in_string(Self::MAX_BYTES).into()
    }
}

impl Scalar for JsonInString {}

impl JsonInString {
    const MAX_BYTES: usize = 16 * 1024;
}

impl Value for ProviderCustomersDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: BTreeMap<String, Field<ProviderCustomerDto>> = value::object(json)?;
        let mut seen = Vec::new();
        let entries = sent.into_iter().map(|(key, field)| {
            let field = match ProviderInstanceId::parse(&key) {
                Err(problem) => Field::Invalid(problem),
                Ok(id) if seen.contains(&id) => Field::Invalid(Problem::DuplicateKey),
                Ok(id) => {
                    seen.push(id);
                    field.under(id)
                }
            };
            (key, field)
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        schema::dictionary(<ProviderCustomerDto as Value>::schema(schemas)).into()
    }
}

impl Field<ProviderCustomerDto> {
    /// The entry of this key: not `null`, and saying nothing else of whom it is for.
    fn under(self, key: ProviderInstanceId) -> Self {
        match self {
            Self::Value(mut entry) => {
                if entry.provider_instance_id.as_option().is_some_and(|id| *id != key) {
                    entry.provider_instance_id = Field::Invalid(Problem::NotTheKey);
                }
                Self::Value(entry)
            }
            Self::Invalid(problem) => Self::Invalid(problem),
            Self::Absent | Self::Null => Self::Invalid(Problem::Required),
        }
    }
}

impl Value for OfferTypeMarginsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: BTreeMap<String, Box<RawValue>> = value::object(json)?;
        let wrapped = match sent.iter().next() {
            Some((name, inner)) if sent.len() == 1 && name.eq_ignore_ascii_case("value") => Some(inner.get()),
            _ => None,
        };
        let by_offer_type: BTreeMap<String, Field<MarginDto>> = value::object(wrapped.unwrap_or(json))?;
        let entries = by_offer_type.into_iter().map(|(offer_type, margin)| {
            let margin = match (Text::<100>::parse(&offer_type), margin) {
                (Err(problem), _) => Field::Invalid(problem),
                (Ok(_), Field::Absent | Field::Null) => Field::Invalid(Problem::Required),
                (Ok(_), margin) => margin,
            };
            (offer_type, margin)
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        schema::dictionary(<MarginDto as Value>::schema(schemas)).into()
    }
}

impl Value for AssociationsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: Vec<Field<AssociationDto>> =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "an array" })?;
        let mut seen = Vec::new();
        let entries = sent.into_iter().map(|field| match field {
            Field::Value(association) => match association.reseller_id.as_option() {
                Some(id) if seen.contains(id) => Field::Invalid(Problem::Duplicate),
                id => {
                    seen.extend(id.copied());
                    Field::Value(association)
                }
            },
            Field::Absent | Field::Null => Field::Invalid(Problem::Required),
            Field::Invalid(problem) => Field::Invalid(problem),
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new().items(<AssociationDto as Value>::schema(schemas)).into()
    }
}

impl Nested for ProviderCustomersDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        check_entries(&self.0)
    }
}

impl Nested for OfferTypeMarginsDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        check_entries(&self.0)
    }
}

impl Nested for AssociationsDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        self.0.validate()
    }
}

impl CustomerViewModel {
    /// The customer, once `validate` has found nothing. Without an id it gets a new one.
    pub fn into_domain(self) -> Option<PartnerCustomer> {
        let providers = self.provider_customers.into_option()?.0.into_iter();
        let associations = self.customer_associations.into_option().unwrap_or_default().0.into_iter();
        Some(PartnerCustomer {
            id: self.id.into_option().unwrap_or_else(|| PartnerCustomerId(Uuid::new_v4())),
            company_name: self.company_name.into_option(),
            tax_id: self.tax_id.into_option(),
            country: self.country.into_option()?,
            address_line1: self.address_line1.into_option(),
            address_line2: self.address_line2.into_option(),
            city: self.city.into_option(),
            state: self.state.into_option(),
            zip: self.zip.into_option(),
            first_name: self.first_name.into_option(),
            middle_name: self.middle_name.into_option(),
            last_name: self.last_name.into_option(),
            email: self.email.into_option(),
            phone: self.phone.into_option(),
            internal_identifier: self.internal_identifier.into_option(),
            reseller: self.reseller_id.into_option(),
            associations: associations
                .filter_map(|association| association.into_option()?.into_domain())
                .collect(),
            provider_customers: providers
                .filter_map(|(key, entry)| {
                    Some((ProviderInstanceId::parse(&key).ok()?, entry.into_option()?.into_domain()))
                })
                .collect(),
        })
    }
}

impl AssociationDto {
    fn into_domain(self) -> Option<(ResellerId, Option<Text<255>>)> {
        Some((self.reseller_id.into_option()?, self.name.into_option()))
    }
}

impl ProviderCustomerDto {
    fn into_domain(self) -> ProviderCustomer {
        let offer_types = self.offer_type_margins.into_option().unwrap_or_default().0.into_iter();
        ProviderCustomer {
            data: self.provider_customer_data.into_option().map(|json| json.0),
            margin: self.margin.into_option().and_then(MarginDto::into_domain),
            offer_type_margins: offer_types
                .filter_map(|(offer_type, margin)| Some((offer_type, margin.into_option()?.into_domain()?)))
                .collect(),
            provider_customer_id: None,
            status: ProviderStatus::default(),
            creation_error: CreationError::default(),
        }
    }
}

impl MarginDto {
    fn into_domain(self) -> Option<Margin> {
        let rule = self.margin_rule.into_option()?.name.into_option()?;
        Some(Margin { rule, value: self.value.into_option()? })
    }
}
