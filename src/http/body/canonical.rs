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
