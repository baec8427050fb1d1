//! Price margins in a request, also in the spelling of older clients: `MarginRule`, `Name`, `Value`.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use utoipa::openapi::{RefOr, schema::Schema};
use validator::{Validate, ValidationErrors};

use crate::domain::{
    margin::{Margin, MarginRule, MarginValue},
    problem::Problem,
    text::Text,
};
use crate::http::body::{
    field::{Field, parses},
    object::{object_values, request_object},
    schema::{self, Schemas},
    unrecognized::Unrecognized,
    validation::{Nested, check_entries},
    value::{self, Value},
};

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

/// By offer type, without white space around it; upstream's example wraps the dictionary in a property `Value`, which is accepted too.
#[derive(Default)]
pub struct OfferTypeMarginsDto(BTreeMap<String, Field<MarginDto>>);

object_values!(MarginDto, MarginRuleDto);

impl Value for OfferTypeMarginsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent = value::object(json)?;
        let by_offer_type: BTreeMap<String, Field<MarginDto>> =
            value::object(wrapped(&sent).unwrap_or(json))?;
        let mut entries = BTreeMap::new();
        for (offer_type, margin) in by_offer_type {
            let offer_type = offer_type.trim().to_owned();
            let margin = match (Text::<100>::parse(&offer_type), margin) {
                (Err(problem), _) => Field::Invalid(problem),
                (Ok(_), _) if entries.contains_key(&offer_type) => Field::Invalid(Problem::DuplicateKey),
                (Ok(_), Field::Absent | Field::Null) => Field::Invalid(Problem::Required),
                (Ok(_), margin) => margin,
            };
            entries.insert(offer_type, margin);
        }
        Ok(Self(entries))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        schema::dictionary(<MarginDto as Value>::schema(schemas)).into()
    }
}

/// The dictionary inside of `Value`, where that is all there is.
fn wrapped(sent: &BTreeMap<String, Box<RawValue>>) -> Option<&str> {
    match sent.iter().next() {
        Some((name, inner)) if sent.len() == 1 && name.eq_ignore_ascii_case("value") => Some(inner.get()),
        _ => None,
    }
}

impl Nested for OfferTypeMarginsDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        check_entries(&self.0)
    }

    fn unrecognized(json: &str, found: &mut Unrecognized) {
        let Ok(sent) = value::object(json) else { return };
        found.in_dictionary(wrapped(&sent).unwrap_or(json), MarginDto::unrecognized);
    }
}

impl OfferTypeMarginsDto {
    pub fn into_domain(self) -> BTreeMap<String, Margin> {
        let margins = self.0.into_iter();
        margins
            .filter_map(|(offer_type, margin)| Some((offer_type, margin.into_option()?.into_domain()?)))
            .collect()
    }
}

impl MarginDto {
    pub fn into_domain(self) -> Option<Margin> {
        let Self { margin_rule, value } = self;
        let MarginRuleDto { name } = margin_rule.into_option()?;
        Some(Margin { rule: name.into_option()?, value: value.into_option()? })
    }
}
