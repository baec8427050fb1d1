//! The domain's values as fields of a request: each is read from a JSON string by its own `parse`, and
//! documented as what that takes.

use utoipa::openapi::{RefOr, schema::Schema};

use super::{
    field::{Wire, wire_strings},
    json,
    openapi::{Schemas, object, value},
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
    Contact<Email, 255> => value::text(255),
    Contact<PhoneNumber, 30> => value::text(30),
    CountryCode => value::code(|code| CountryCode::parse(code).is_ok()),
    CustomerStatus => value::pattern("^(?![Aa][Nn][Oo][Nn][Yy][Mm][Ii][Zz][Ee][Dd]$)[A-Za-z][A-Za-z0-9_-]{0,31}$"),
    CustomerUrn => value::pattern(r"^cu\.[0-9]{2}\.[1-9][0-9]{0,18}$"),
    Email => value::email(Email::MAX_CHARS),
    ExternalId => value::trimmed_text(ExternalId::MAX_CHARS),
    Gender => value::any_case(&Gender::ALL.map(Gender::as_str)),
    LanguageCode => value::code(|code| LanguageCode::parse(code).is_ok()),
    LegalType => value::any_case(&LegalType::ALL.map(LegalType::as_str)),
    MarginRule => value::any_case(&MarginRule::ALL.map(MarginRule::as_str)),
    PartnerCustomerId => value::uuid(),
    PhoneNumber => value::phone(PhoneNumber::MAX_CHARS),
    ProviderInstanceId => value::uuid(),
    ResellerId => value::uuid(),
);

impl<const MAX: usize> Wire for Text<MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&json::string(json)?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        value::text(MAX).into()
    }
}

impl Wire for PrivacySettings {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(json)
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        object::kept(&[], Self::MAX_LEVELS, schemas).into()
    }
}

impl Wire for MarginValue {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let number: f64 =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "a number" })?;
        Self::parse(number)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        value::number(-Self::LIMIT, Self::LIMIT).into()
    }
}
