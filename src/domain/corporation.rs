//! What is known about a customer that is a company.
//! Properties we do not know are kept as sent, so a tenant may add its own; all together share one limit.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::json_text;
use crate::domain::problem::Problem;
use crate::domain::text::Text;

/// Required exactly when the legal type is Corporate; a change replaces it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct CorporationInfo {
    pub company_name: Text<255>,
    pub tax_number: Option<Text<255>>,
    pub tax_office: Option<Text<255>>,
    pub vat_number: Option<Text<255>>,
    pub registration_number: Option<Text<255>>,
    pub further: FurtherProperties,
}

impl fmt::Debug for CorporationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CorporationInfo(..)")
    }
}

/// Properties by name, each value the raw JSON text that was sent. As one object they take at most 8 KiB and
/// 5 levels, the object itself being the first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FurtherProperties(BTreeMap<String, String>);

impl FurtherProperties {
    pub const MAX_BYTES: usize = 8 * 1024;
    pub const MAX_LEVELS: usize = 5;

    /// `properties` holds one well-formed JSON value each, as `serde_json`'s `RawValue` gives it.
    pub fn parse(properties: BTreeMap<String, String>) -> Result<Self, Problem> {
        let further = Self(properties);
        json_text::check(&further.to_json(), Self::MAX_BYTES, Self::MAX_LEVELS)?;
        Ok(further)
    }

    pub(crate) fn from_stored(properties: BTreeMap<String, String>) -> Self {
        Self(properties)
    }

    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    fn to_json(&self) -> String {
        let members: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

impl fmt::Debug for FurtherProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FurtherProperties(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(properties: &[(&str, &str)]) -> Result<FurtherProperties, Problem> {
        let owned = properties.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        FurtherProperties::parse(owned.collect())
    }

    #[test]
    fn unknown_properties_are_kept_as_sent() {
        let further = parse(&[("lei", "\"5299\""), ("a \"b\"", "{ \"n\": 1.50 }")]).unwrap();
        assert_eq!(further.as_map()["a \"b\""], "{ \"n\": 1.50 }");
        assert_eq!(further.to_json(), r#"{"a \"b\"":{ "n": 1.50 },"lei":"5299"}"#);
        assert_eq!(FurtherProperties::default().to_json(), "{}");
    }

    #[test]
    fn they_share_one_allowance() {
        let sized = |chars| format!("\"{}\"", "x".repeat(chars));
        assert!(parse(&[("a", &sized(4088)), ("b", &sized(4089))]).is_ok());
        let too_large = parse(&[("a", &sized(4089)), ("b", &sized(4089))]);
        assert_eq!(too_large, Err(Problem::TooLarge { max_bytes: 8192 }));

        assert!(parse(&[("a", "[[[[1]]]]")]).is_ok());
        assert_eq!(parse(&[("a", "[[[[[]]]]]")]), Err(Problem::TooDeep { max_levels: 5 }));
    }
}
