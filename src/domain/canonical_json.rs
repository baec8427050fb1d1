//! JSON in one form, so that equal requests are equal however they are spelled.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Keys in order, no white space, escapes undone. Numbers stay as they are spelled.
pub fn canonical(json: &[u8]) -> String {
    let mut canonical = String::with_capacity(json.len());
    if let Ok(json) = serde_json::from_slice(json) {
        write_canonical(json, &mut canonical);
    }
    canonical
}

/// Recurses as deep as bodies may nest.
fn write_canonical(json: &RawValue, canonical: &mut String) {
    let text = json.get();
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
        canonical.push('{');
        for (key, value) in object {
            canonical.push_str(&serde_json::Value::from(key).to_string());
            canonical.push(':');
            write_canonical(value, canonical);
            canonical.push(',');
        }
        canonical.push('}');
    } else if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(text) {
        canonical.push('[');
        for value in array {
            write_canonical(value, canonical);
            canonical.push(',');
        }
        canonical.push(']');
    } else if let Ok(string) = serde_json::from_str::<String>(text) {
        canonical.push_str(&serde_json::Value::from(string).to_string());
    } else {
        canonical.push_str(text);
    }
}

/// Whether two texts say the same in JSON. The order of properties and white space mean nothing; `1.0` and `1` are two
/// spellings, and the caller's own.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || canonical(one.as_bytes()) == canonical(other.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_properties_means_nothing_and_that_of_lists_does() {
        for (one, other, same) in [
            (r#"{"a":1,"b":2}"#, r#"{ "b": 2, "a": 1 }"#, true),
            (r#"{"a":{"x":[{"m":1,"n":2}],"y":null}}"#, r#"{"a":{"y":null,"x":[{"n":2,"m":1}]}}"#, true),
            (r#"{"a":"\u00e9\n"}"#, "{\"a\":\"é\\n\"}", true),
            ("[1,2]", "[2,1]", false),
            (r#"{"a":1}"#, r#"{"a":1.0}"#, false),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, false),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#, false),
            (r#"{"a":"b,"}"#, r#"{"a":"b"}"#, false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
            assert_eq!(is_same(other, one), same, "{other} {one}");
        }
    }
}
