//! The domain's values as fields of a request: each is read from JSON by its own `parse`, and documented as what
//! people and programs have to know of that.

use serde::de::DeserializeOwned;
use strum::VariantNames;
use utoipa::openapi::{RefOr, schema::Schema};

use super::schema::{self, Schemas};
use crate::domain::{
    bulk::{LineKind, LineRef},
    compare::{By, IdText, RangeCount},
    country::CountryCode,
    customer_urn::CustomerUrn,
    digest::Digest,
    email::Email,
    external_id::ExternalId,
    gender::Gender,
    language::LanguageCode,
    legal_type::LegalType,
    margin::{MarginRule, MarginValue},
    multiline_text::MultilineText,
    partner::{Contact, PartnerCustomerId, ProviderInstanceId, ResellerId},
    phone::PhoneNumber,
    privacy::PrivacySettings,
    problem::Problem,
    source_version::SourceVersion,
    status::CustomerStatus,
    text::{Text, is_forbidden},
    upsert::{OnConflict, OnStale},
};

/// A type that a request field can hold.
pub trait Value: Sized {
    /// Reads the JSON text of one value, never `null`.
    fn from_json(json: &str) -> Result<Self, Problem>;

    /// What the OpenAPI documents say of it.
    fn schema(schemas: &mut Schemas) -> RefOr<Schema>;
}

/// A value without fields of its own: its `parse` says all there is to say.
pub trait Scalar: Value {}

/// The value of a JSON string.
pub fn string(json: &str) -> Result<String, Problem> {
    serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "a string" })
}

/// The value of a JSON string without control characters, which most fields forbid.
pub fn line(json: &str) -> Result<String, Problem> {
    let text = string(json)?;
    if text.chars().any(is_forbidden) { Err(Problem::InvalidCharacters) } else { Ok(text) }
}

/// A struct of lenient fields, from a JSON object: serde would take an array for one, too.
pub fn object<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    let object = json.starts_with('{').then(|| serde_json::from_str(json).ok()).flatten();
    object.ok_or(Problem::WrongType { expected: "an object" })
}

macro_rules! strings {
    ($($type:ty => $schema:expr),+ $(,)?) => {$(
        impl Value for $type {
            fn from_json(json: &str) -> Result<Self, Problem> {
                Self::parse(&line(json)?)
            }

            fn schema(_: &mut Schemas) -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl Scalar for $type {}
    )+};
}

strings!(
    By => schema::one_of(By::VARIANTS),
    Contact<Email, 255> => schema::text(255),
    Contact<PhoneNumber, 30> => schema::text(30),
    CountryCode => schema::two_letters("country-code"),
    CustomerStatus => schema::pattern("^[A-Za-z][A-Za-z0-9_-]{0,31}$"),
    CustomerUrn => schema::pattern(r"^cu\.[0-9]{2}\.[1-9][0-9]{0,18}$"),
    Digest => schema::pattern("^[0-9A-Fa-f]{32}$"),
    Email => schema::email(Email::MAX_OCTETS),
    ExternalId => schema::text(ExternalId::MAX_CHARS),
    Gender => schema::one_of(Gender::VARIANTS),
    LanguageCode => schema::two_letters("language-code"),
    LegalType => schema::one_of(LegalType::VARIANTS),
    LineKind => schema::one_of(LineKind::VARIANTS),
    LineRef => schema::text(LineRef::MAX_CHARS),
    MarginRule => schema::one_of(MarginRule::VARIANTS),
    OnConflict => schema::one_of(OnConflict::VARIANTS),
    OnStale => schema::one_of(OnStale::VARIANTS),
    PartnerCustomerId => schema::uuid(),
    PhoneNumber => schema::phone(PhoneNumber::MAX_CHARS),
    ProviderInstanceId => schema::uuid(),
    ResellerId => schema::uuid(),
);

impl<const MAX: usize> Value for Text<MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&line(json)?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::text(MAX).into()
    }
}

impl<const MAX: usize> Scalar for Text<MAX> {}

impl<const MAX: usize> Value for MultilineText<MAX> {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&string(json)?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::text(MAX).into()
    }
}

impl<const MAX: usize> Scalar for MultilineText<MAX> {}

impl Value for PrivacySettings {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(json)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::any_object().into()
    }
}

impl Scalar for PrivacySettings {}

/// With control characters, too: there is no such customer, which is for an answer to say.
impl Value for IdText {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&string(json)?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::text_or_blank(ExternalId::MAX_CHARS).into()
    }
}

impl Scalar for IdText {}

impl Value for RangeCount {
    fn from_json(json: &str) -> Result<Self, Problem> {
        Self::parse(&whole_number(json).ok_or(Problem::WrongType { expected: Self::EXPECTED })?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::whole_number(0, Self::MAX).into()
    }
}

impl Scalar for RangeCount {}

/// A number, or a string of digits: a number in JavaScript holds 53 bits. The document shows the number.
impl Value for SourceVersion {
    fn from_json(json: &str) -> Result<Self, Problem> {
        if json.starts_with('"') {
            return Self::parse(&line(json)?);
        }
        Self::parse(&whole_number(json).ok_or(Problem::WrongType { expected: Self::EXPECTED })?)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::int64(0).into()
    }
}

impl Scalar for SourceVersion {}

/// The digits of a whole number, however JSON spells it: `3`, `3.0` and `30e-1` are one number (JSON Schema 2020-12,
/// Validation 6.1.1). `None`: it is not whole, or no number. A greater number than any of ours stays one.
fn whole_number(json: &str) -> Option<String> {
    const MANY: usize = 20;
    let (mantissa, exponent) = json.split_once(['e', 'E']).unwrap_or((json, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let point = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let places = usize::try_from(point.unsigned_abs()).ok()?;
    if point >= 0 {
        return Some(format!("{sign}{digits}{}", "0".repeat(places.min(MANY))));
    }
    let (kept, cut) = digits.split_at_checked(digits.len().saturating_sub(places))?;
    cut.bytes().all(|digit| digit == b'0').then(|| format!("{sign}0{kept}"))
}

impl Value for MarginValue {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let number: f64 =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "a number" })?;
        Self::parse(number)
    }

    fn schema(_: &mut Schemas) -> RefOr<Schema> {
        schema::number(-Self::LIMIT, Self::LIMIT).into()
    }
}

impl Scalar for MarginValue {}
