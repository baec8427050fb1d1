//! Properties of a tenant's own, beside those that have a field here: kept as sent, so that nothing is lost.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::{Error, SerializeMap},
};
use serde_json::value::RawValue;

use crate::domain::canonical_json;
use crate::domain::json_text;
use crate::domain::problem::Problem;

/// Of the properties as one object, which itself is the first level.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_bytes: usize,
    pub max_levels: usize,
}

/// Properties by name in the order they were sent, each value the raw JSON text that was sent.
#[derive(Clone, Default, Eq)]
pub struct AdditionalProperties(Vec<(String, String)>);

/// By what they say, whatever their order.
impl PartialEq for AdditionalProperties {
    fn eq(&self, other: &Self) -> bool {
        canonical_json::is_same(&self.to_json(), &other.to_json())
    }
}

impl AdditionalProperties {
    /// The members of a JSON object, but for those in `named`.
    pub fn parse(object: &str, named: &[&str], limits: Limits) -> Result<Self, Problem> {
        let Self(mut members) =
            serde_json::from_str(object).map_err(|_| Problem::WrongType { expected: "an object" })?;
        members.retain(|(name, _)| !named.contains(&name.as_str()));
        let additional = Self(members);
        json_text::check(&additional.to_json(), limits.max_bytes, limits.max_levels)?;
        Ok(additional)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As one object.
    pub fn to_json(&self) -> String {
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
        AdditionalProperties::parse(object, &["companyName"], Limits { max_bytes: 8192, max_levels: 5 })
    }

    #[test]
    fn unknown_properties_are_kept_as_sent() {
        let additional = parse(r#"{"lei":"5299","companyName":"Acme","a \"b\"": { "n": 1.50 }}"#).unwrap();
        assert_eq!(additional.to_json(), r#"{"lei":"5299","a \"b\"":{ "n": 1.50 }}"#);
        assert_eq!(serde_json::to_string(&additional).unwrap(), additional.to_json());
        assert_eq!(AdditionalProperties::default().to_json(), "{}");
    }

    #[test]
    fn their_order_means_nothing() {
        let [one, other] = [r#"{"a":1,"b":{"x":1,"y":2}}"#, r#"{"b":{"y":2,"x":1},"a":1}"#].map(parse);
        assert!(one == other);
        assert!(one != parse(r#"{"a":1}"#));
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
