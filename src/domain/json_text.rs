//! The limits of JSON that is kept as the text it came in.
//!
//! The text was checked to be well-formed, and without forbidden characters, when the request was read.

use std::fmt;

use crate::domain::canonical_json;
use crate::domain::problem::Problem;

/// JSON of somebody else's, kept as the text it came in. Equal by what it says, whatever the order of properties.
#[derive(Clone, Eq)]
pub struct JsonText(String);

impl JsonText {
    /// Of text that is known to be JSON.
    pub fn from_json(json: String) -> Self {
        Self(json)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        canonical_json::is_same(&self.0, &other.0)
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonText(..)")
    }
}

/// At most `max_bytes` of UTF-8 and `max_levels` of nesting (an outermost object or array is level 1).
pub(crate) fn check(json: &str, max_bytes: usize, max_levels: usize) -> Result<(), Problem> {
    if json.len() > max_bytes {
        return Err(Problem::TooLarge { max_bytes });
    }
    if levels(json) > max_levels {
        return Err(Problem::TooDeep { max_levels });
    }
    Ok(())
}

/// The deepest nesting of well-formed JSON; 0 for a lone string, number, boolean or null.
/// A loop and not a recursion: the nesting is the caller's to choose, the stack is ours.
fn levels(json: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn levels_count_the_outermost_object_as_one() {
        for (json, expected) in [
            ("1", 0),
            ("\"[{\"", 0),
            ("{}", 1),
            ("[]", 1),
            ("{\"a\":[{}],\"b\":[]}", 3),
            ("[\"\\\"[[\",[\"\\\\\"],\"]\"]", 2),
            ("[[],[],[[]]]", 3),
        ] {
            assert_eq!(levels(json), expected, "{json}");
        }
        assert_eq!(levels(&"[".repeat(1_000_000)), 1_000_000);
    }

    #[test]
    fn the_limits_hold_to_the_byte_and_the_level() {
        assert_eq!(check("{\"a\":\"1234567890\"}", 18, 3), Ok(()));
        assert_eq!(check("{\"a\":\"12345678901\"}", 18, 3), Err(Problem::TooLarge { max_bytes: 18 }));
        assert_eq!(check("[[[]]]", 18, 3), Ok(()));
        assert_eq!(check("[[[[]]]]", 18, 3), Err(Problem::TooDeep { max_levels: 3 }));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\[\\]{}\"\\\\a ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(8, 64, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[\\[{}\"\\\\a]{0,4}", inner, 0..4)
                    .prop_map(|members| json!(members)),
            ]
        })
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn it_counts_the_levels_serde_json_reads(value in any_json()) {
            for json in [value.to_string(), format!("{value:#}")] {
                prop_assert_eq!(levels(&json), depth(&value));
                prop_assert_eq!(check(&json, usize::MAX, depth(&value)), Ok(()));
            }
        }

        #[test]
        fn no_input_makes_it_panic(json in any::<String>(), brackets in "[\\[\\]{}\",:\\\\1]{0,60}") {
            let _ = check(&json, 1000, 5);
            let _ = check(&brackets, 1000, 5);
        }
    }
}
