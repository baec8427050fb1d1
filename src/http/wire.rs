//! The domain's values as fields of a request: each is read from a JSON string by its own `parse`.

use super::{
    field::{Wire, wire_strings},
    json,
};
use crate::domain::{
    country::CountryCode,
    customer_urn::CustomerUrn,
    email::Email,
    external_id::ExternalId,
    gender::Gender,
    language::LanguageCode,
    legal_type::LegalType,
    margin::{MarginRule, MarginValue},
    partner::{Contact, PartnerCustomerId, ProviderInstanceId, ResellerId},
    phone::PhoneNumber,
    privacy::PrivacySettings,
    problem::Problem,
    status::CustomerStatus,
    text::Text,
};

wire_strings!(
    Contact<Email, 255>,
    Contact<PhoneNumber, 30>,
    CountryCode,
    CustomerStatus,
    CustomerUrn,
    Email,
    ExternalId,
    Gender,
    LanguageCode,
    LegalType,
    MarginRule,
    PartnerCustomerId,
    PhoneNumber,
    ProviderInstanceId,
    ResellerId,
);

impl<const MAX: usize> Wire for Text<MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&json::string(json)?)
    }
}

impl Wire for PrivacySettings {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(json)
    }
}

impl Wire for MarginValue {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let number: f64 =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "a number" })?;
        Self::parse(number)
    }
}
