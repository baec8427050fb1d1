//! CustomerViewModel: the customer in a request.
//!
//! Upstream: "Create a customer", body. The rule of each property is its type. `providerCustomerId`, `status`
//! and `customerCreationError` are the server's: ignored.

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};
use utoipa::openapi::{ArrayBuilder, Object, ObjectBuilder, RefOr, Type, schema::Schema};
use uuid::Uuid;
use validator::{Validate, ValidationErrors};

use crate::domain::{
    caller::PartnerRole,
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
use crate::http::{
    field::{Field, Required, Wire, check_listed, check_named, wire_objects},
    json as body,
    openapi::{Schemas, object::request_object, value},
};

request_object! {
    pub struct CustomerViewModel {
        /// Chosen by the server where it is missing.
        id: Field<PartnerCustomerId>,
        company_name: Required<Text<255>>,
        tax_id: Field<Text<255>>,
        /// ISO 3166-1 alpha-2, in any case.
        country: Required<CountryCode>,
        address_line1: Required<Text<255>>,
        address_line2: Field<Text<255>>,
        city: Required<Text<255>>,
        state: Required<Text<255>>,
        zip: Required<Text<30>>,
        first_name: Required<Text<255>>,
        middle_name: Field<Text<255>>,
        last_name: Required<Text<255>>,
        /// An address where it reads as one, free text otherwise.
        email: Required<Contact<Email, 255>>,
        /// An international number where it reads as one, free text otherwise.
        phone: Required<Contact<PhoneNumber, 30>>,
        internal_identifier: Field<Text<255>>,
        /// The reseller this customer belongs to; none: a direct relation with the CSP. A reseller always acts as itself.
        reseller_id: Field<ResellerId>,
        /// By the GUID of a provider instance of this tenant.
        provider_customers: Required<ProviderCustomersDto>,
        /// Further resellers; each once.
        customer_associations: Field<AssociationsDto>,
    }
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

/// By the GUID of the provider instance.
#[derive(Default)]
pub struct ProviderCustomersDto(BTreeMap<String, Field<ProviderCustomerDto>>);

request_object! {
    pub struct ProviderCustomerDto {
        /// The key again, or nothing.
        provider_instance_id: Field<ProviderInstanceId>,
        /// JSON in a string of at most 16 KiB.
        provider_customer_data: Field<JsonInString>,
        /// The price margin.
        margin: Field<MarginDto>,
        /// Margins that override the one above, by offer type.
        offer_type_margins: Field<OfferTypeMarginsDto>,
    }
}

/// A string that holds JSON of at most 16 KiB.
pub struct JsonInString(String);

request_object! {
    pub struct MarginDto {
        #[serde(alias = "MarginRule")]
        margin_rule: Required<MarginRuleDto>,
        #[serde(alias = "Value")]
        value: Required<MarginValue>,
    }
}

request_object! {
    pub struct MarginRuleDto {
        /// In any case; answered as listed.
        #[serde(alias = "Name")]
        name: Required<MarginRule>,
    }
}

/// By offer type; upstream's example wraps the dictionary in a property `Value`, which is accepted too.
#[derive(Default)]
pub struct OfferTypeMarginsDto(BTreeMap<String, Field<MarginDto>>);

#[derive(Default)]
pub struct AssociationsDto(Vec<Field<AssociationDto>>);

request_object! {
    pub struct AssociationDto {
        reseller_id: Required<ResellerId>,
        name: Field<Text<255>>,
    }
}

wire_objects!(MarginDto, MarginRuleDto, AssociationDto, ProviderCustomerDto);

impl Wire for JsonInString {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let text = body::string(json)?;
        if text.len() > Self::MAX_BYTES {
            return Err(Problem::TooLarge { max_bytes: Self::MAX_BYTES });
        }
        body::check(&text)?;
        Ok(Self(text))
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        value::json_in_string(Self::MAX_BYTES).into()
    }
}

impl JsonInString {
    const MAX_BYTES: usize = 16 * 1024;
}

/// An object whose keys are the caller's.
fn dictionary(keys: Object, values: RefOr<Schema>) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::Object).property_names(Some(keys));
    object.additional_properties(Some(values)).into()
}

impl Wire for ProviderCustomersDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: BTreeMap<String, Field<ProviderCustomerDto>> = body::object(json)?;
        let mut seen = Vec::new();
        let entries = sent.into_iter().map(|(key, field)| {
            let field = match ProviderInstanceId::parse(&key) {
                Err(problem) => Field::Wrong(problem),
                Ok(id) if seen.contains(&id) => Field::Wrong(Problem::DuplicateKey),
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
        dictionary(value::uuid(), <ProviderCustomerDto as Wire>::schema(schemas))
    }

    fn check(&self) -> Result<(), ValidationErrors> {
        check_named(&self.0)
    }
}

impl Field<ProviderCustomerDto> {
    /// The entry of this key: not `null`, and saying nothing else of whom it is for.
    fn under(self, key: ProviderInstanceId) -> Self {
        match self {
            Self::Value(mut entry) => {
                if entry.provider_instance_id.as_option().is_some_and(|id| *id != key) {
                    entry.provider_instance_id = Field::Wrong(Problem::NotTheKey);
                }
                Self::Value(entry)
            }
            Self::Wrong(problem) => Self::Wrong(problem),
            Self::Absent | Self::Null => Self::Wrong(Problem::Required),
        }
    }
}

impl Wire for OfferTypeMarginsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: BTreeMap<String, Box<RawValue>> = body::object(json)?;
        let wrapped = match sent.iter().next() {
            Some((name, inner)) if sent.len() == 1 && name.eq_ignore_ascii_case("value") => Some(inner.get()),
            _ => None,
        };
        let by_offer_type: BTreeMap<String, Field<MarginDto>> = body::object(wrapped.unwrap_or(json))?;
        let entries = by_offer_type.into_iter().map(|(offer_type, margin)| {
            let margin = match (Text::<100>::parse(&offer_type), margin) {
                (Err(problem), _) => Field::Wrong(problem),
                (Ok(_), Field::Absent | Field::Null) => Field::Wrong(Problem::Required),
                (Ok(_), margin) => margin,
            };
            (offer_type, margin)
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        dictionary(value::text(100), <MarginDto as Wire>::schema(schemas))
    }

    fn check(&self) -> Result<(), ValidationErrors> {
        check_named(&self.0)
    }
}

impl Wire for AssociationsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: Vec<Field<AssociationDto>> =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "an array" })?;
        let mut seen = Vec::new();
        let entries = sent.into_iter().map(|field| match field {
            Field::Value(association) => match association.reseller_id.as_option() {
                Some(id) if seen.contains(id) => Field::Wrong(Problem::Duplicate),
                id => {
                    seen.extend(id.copied());
                    Field::Value(association)
                }
            },
            Field::Absent | Field::Null => Field::Wrong(Problem::Required),
            Field::Wrong(problem) => Field::Wrong(problem),
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new().items(<AssociationDto as Wire>::schema(schemas)).into()
    }

    fn check(&self) -> Result<(), ValidationErrors> {
        check_listed(&self.0)
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

/// The customer as `role` may create it: a reseller acts as itself, whether it says so or not.
/// `None`: it speaks for another.
pub fn acting_as(role: PartnerRole, customer: PartnerCustomer) -> Option<PartnerCustomer> {
    let PartnerRole::Reseller(itself) = role else { return Some(customer) };
    let speaks_for_another = customer.resellers().into_iter().any(|named| named != itself);
    (!speaks_for_another).then_some(PartnerCustomer { reseller: Some(itself), ..customer })
}
