//! `providerCustomers`: the customer at provider instances, by their GUIDs.

use std::collections::BTreeMap;

use utoipa::openapi::{RefOr, schema::Schema};
use validator::{Validate, ValidationErrors};

use super::request_margins::{MarginDto, OfferTypeMarginsDto};
use crate::domain::{
    json_text::JsonText,
    partner::{CreationError, ProviderCustomer, ProviderInstanceId, ProviderStatus},
    problem::Problem,
};
use crate::http::body::{
    field::{Field, parses},
    inspect,
    object::{object_values, request_object},
    schema::{self, Schemas},
    unrecognized::Unrecognized,
    validation::{Nested, check_entries},
    value::{self, Scalar, Value},
};

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
    ignored "providerCustomerId", "status", "customerCreationError";
}

/// A string that holds JSON of at most 16 KiB.
pub struct JsonInString(String);

object_values!(ProviderCustomerDto);

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

impl Nested for ProviderCustomersDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        check_entries(&self.0)
    }

    fn unrecognized(json: &str, found: &mut Unrecognized) {
        found.in_dictionary(json, ProviderCustomerDto::unrecognized);
    }
}

impl ProviderCustomersDto {
    pub fn into_domain(self) -> BTreeMap<ProviderInstanceId, ProviderCustomer> {
        let entries = self.0.into_iter();
        entries
            .filter_map(|(key, entry)| {
                Some((ProviderInstanceId::parse(&key).ok()?, entry.into_option()?.into_domain()))
            })
            .collect()
    }
}

impl ProviderCustomerDto {
    fn into_domain(self) -> ProviderCustomer {
        let Self {
            // The same as the key it stands under.
            provider_instance_id: _,
            provider_customer_data,
            margin,
            offer_type_margins,
        } = self;
        ProviderCustomer {
            data: provider_customer_data.into_option().map(|json| JsonText::from_json(json.0)),
            margin: margin.into_option().and_then(MarginDto::into_domain),
            offer_type_margins: offer_type_margins.into_option().unwrap_or_default().into_domain(),
            provider_customer_id: None,
            status: ProviderStatus::default(),
            creation_error: CreationError::default(),
        }
    }
}
