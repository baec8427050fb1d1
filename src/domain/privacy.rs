//! A customer's privacy settings: the tenant's own JSON object, kept and never interpreted.
//! Verbatim means as text: key order, white space and number spelling come back as they were sent.

use std::fmt;

use crate::domain::canonical_json;
use crate::domain::json_text;
use crate::domain::problem::Problem;

/// A JSON object of at most 8 KiB and 5 levels, the object itself being the first.
#[derive(Clone, Eq)]
pub struct PrivacySettings(String);

/// By what they say: kept as sent, equal whatever the order of their properties.
impl PartialEq for PrivacySettings {
    fn eq(&self, other: &Self) -> bool {
        canonical_json::is_same(&self.0, &other.0)
    }
}

impl PrivacySettings {
    pub const MAX_BYTES: usize = 8 * 1024;
    pub const MAX_LEVELS: usize = 5;

    pub fn parse(json: &str) -> Result<Self, Problem> {
        if !json.trim_ascii_start().starts_with('{') {
            return Err(Problem::WrongType { expected: "an object" });
        }
        json_text::check(json, Self::MAX_BYTES, Self::MAX_LEVELS)?;
        Ok(Self(json.to_owned()))
    }

    pub(crate) fn from_stored(json: String) -> Self {
        Self(json)
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for PrivacySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivacySettings(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_object_is_kept_verbatim() {
        for json in ["{}", "{ \"b\": 1.0, \"a\": { \"marketing\": [true, \"\"] } }"] {
            assert_eq!(PrivacySettings::parse(json).unwrap().as_str(), json);
        }
    }

    #[test]
    fn the_limits_hold_to_the_byte_and_the_level() {
        let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(PrivacySettings::parse(&sized(8192)).is_ok());
        let too_large = PrivacySettings::parse(&sized(8193));
        assert_eq!(too_large, Err(Problem::TooLarge { max_bytes: 8192 }));

        assert!(PrivacySettings::parse("{\"a\":[[[[]]]]}").is_ok());
        let too_deep = PrivacySettings::parse("{\"a\":[[[[[]]]]]}");
        assert_eq!(too_deep, Err(Problem::TooDeep { max_levels: 5 }));
    }

    #[test]
    fn other_json_is_no_settings() {
        for json in ["[]", "null", "\"{}\"", "1", ""] {
            let expected = "an object";
            assert_eq!(PrivacySettings::parse(json), Err(Problem::WrongType { expected }));
        }
    }
}
