//! What is known about a customer that is a company.
//! Properties without a field here are kept as sent, so that a tenant may add its own. One limit holds for all of them.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::{Error, SerializeMap},
};
use serde_json::value::RawValue;

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
    pub additional: AdditionalProperties,
}

impl fmt::Debug for CorporationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CorporationInfo(..)")
    }
}

/// Properties by name in the order they were sent, each value the raw JSON text that was sent. As one object
/// they take at most 8 KiB and 5 levels, the object itself being the first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AdditionalProperties(Vec<(String, String)>);

impl AdditionalProperties {
    pub const MAX_BYTES: usize = 8 * 1024;
    pub const MAX_LEVELS: usize = 5;

    /// The members of a JSON object, but for those in `named`.
    pub fn parse(object: &str, named: &[&str]) -> Result<Self, Problem> {
        let Self(mut members) =
            serde_json::from_str(object).map_err(|_| Problem::WrongType { expected: "an object" })?;
        members.retain(|(name, _)| !named.contains(&name.as_str()));
        let additional = Self(members);
        json_text::check(&additional.to_json(), Self::MAX_BYTES, Self::MAX_LEVELS)?;
        Ok(additional)
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

/// As an object. By hand, because no map of the standard library keeps the order.
impl Serialize for AdditionalProperties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, json) in &self.0 {
            let value: &RawValue = serde_json::from_str(json).map_err(S::Error::custom)?;
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// For stored values: does not check the limits.
impl<'de> Deserialize<'de> for AdditionalProperties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = AdditionalProperties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AdditionalProperties, A::Error> {
        let mut members = Vec::new();
        while let Some((name, json)) = map.next_entry::<String, Box<RawValue>>()? {
            members.push((name, json.get().to_owned()));
        }
        Ok(AdditionalProperties(members))
    }
}

impl fmt::Debug for AdditionalProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdditionalProperties(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(object: &str) -> Result<AdditionalProperties, Problem> {
        AdditionalProperties::parse(object, &["companyName"])
    }

    #[test]
    fn unknown_properties_are_kept_as_sent() {
        let additional = parse(r#"{"lei":"5299","companyName":"Acme","a \"b\"": { "n": 1.50 }}"#).unwrap();
        assert_eq!(additional.to_json(), r#"{"lei":"5299","a \"b\"":{ "n": 1.50 }}"#);
        assert_eq!(serde_json::to_string(&additional).unwrap(), additional.to_json());
        assert_eq!(AdditionalProperties::default().to_json(), "{}");
    }

    #[test]
    fn they_share_one_allowance() {
        let sized = |a: usize, b: usize| {
            let (a, b) = ("x".repeat(a), "x".repeat(b));
            format!(r#"{{"a":"{a}","b":"{b}","companyName":"Acme"}}"#)
        };
        assert!(parse(&sized(4088, 4089)).is_ok());
        assert_eq!(parse(&sized(4089, 4089)), Err(Problem::TooLarge { max_bytes: 8192 }));

        assert!(parse(r#"{"a":[[[[1]]]]}"#).is_ok());
        assert_eq!(parse(r#"{"a":[[[[[]]]]]}"#), Err(Problem::TooDeep { max_levels: 5 }));
    }
}
