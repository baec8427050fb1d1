//! What is sent for a line: the line of a bulk request. Values go out as they came in, to the character.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::fault::Fault;

/// What an errors file of NDJSON adds to a line.
pub const IMPORT_ERROR: &str = "importError";

/// The members of a JSON object in their order, those of one name too.
pub struct Members(pub Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// A JSON object that is written member by member.
#[derive(Default)]
pub struct Object(Vec<String>);

impl Object {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `json`: a value as JSON writes it.
    pub fn add(&mut self, name: &str, json: &str) {
        self.0.push(format!("{}:{json}", string(name)));
    }

    pub fn json(&self) -> String {
        format!("{{{}}}", self.0.join(","))
    }
}

/// As JSON writes it.
pub fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// How stores go on where a customer is there already; `None`: as the line or the API says.
pub type OnConflict = Option<&'static str>;

/// Of a line of NDJSON: one of a bulk request, or a customer as an export shows it.
///
/// `None`: the line belongs to the export around the customers.
pub fn of_json(text: &str, on_conflict: OnConflict) -> Result<Option<String>, Fault> {
    let Members(mut members) = serde_json::from_str(text).map_err(|_| Fault::is_not_json())?;
    members.retain(|(name, _)| name != IMPORT_ERROR);
    let has = |name: &str| members.iter().any(|(other, _)| other == name);
    if has("summary") || (has("cursor") && !has("externalIdentifier")) {
        return Ok(None);
    }
    let mut line = Object::default();
    if has("customer") || has("operation") {
        let is_store = members
            .iter()
            .find(|(name, _)| name == "operation")
            .is_none_or(|(_, value)| value.get().eq_ignore_ascii_case("\"store\""));
        if !has("operation") {
            line.add("operation", "\"store\"");
        }
        if let Some(word) = on_conflict.filter(|_| is_store && !has("onConflict")) {
            line.add("onConflict", &string(word));
        }
        members.iter().for_each(|(name, value)| line.add(name, value.get()));
        return Ok(Some(line.json()));
    }
    let mut customer = Object::default();
    members.iter().for_each(|(name, value)| customer.add(name, value.get()));
    Ok(Some(store(&customer, Object::default(), on_conflict)))
}

/// A store of this customer; `beside`: what stands beside it.
pub fn store(customer: &Object, beside: Object, on_conflict: OnConflict) -> String {
    let mut line = Object::default();
    line.add("operation", "\"store\"");
    if let Some(word) = on_conflict {
        line.add("onConflict", &string(word));
    }
    line.0.extend(beside.0);
    line.add("customer", &customer.json());
    line.json()
}

/// The same store, as one that would replace the customer that is there; `None`: it is no store that stops at one.
pub fn as_replace(line: &str) -> Option<String> {
    let Members(members) = serde_json::from_str(line).ok()?;
    let is = |name: &str, word: &str| {
        let value = members.iter().find(|(other, _)| other == name).map(|(_, value)| value.get());
        value.is_none_or(|value| value.eq_ignore_ascii_case(&string(word)))
    };
    if !is("operation", "store") || !is("onConflict", "error") {
        return None;
    }
    let mut replace = Object::default();
    replace.add("onConflict", "\"replace\"");
    let kept =
        members.iter().filter(|(name, _)| !["onConflict", "sourceVersion", "onStale"].contains(&&**name));
    kept.for_each(|(name, value)| replace.add(name, value.get()));
    Some(replace.json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_stops_can_be_asked_for_as_one_that_replaces() {
        for (line, replace) in [
            (
                r#"{"operation":"store","sourceVersion":1,"customer":{"a":1}}"#,
                Some(r#"{"onConflict":"replace","operation":"store","customer":{"a":1}}"#),
            ),
            (
                r#"{"operation":"store","onConflict":"error","customer":{}}"#,
                Some(r#"{"onConflict":"replace","operation":"store","customer":{}}"#),
            ),
            (r#"{"operation":"store","onConflict":"return","customer":{}}"#, None),
            (r#"{"operation":"update","customer":{}}"#, None),
        ] {
            assert_eq!(as_replace(line).as_deref(), replace, "{line}");
        }
    }

    #[test]
    fn a_line_is_sent_as_it_is_or_wrapped() {
        for (line, on_conflict, sent) in [
            (
                r#"{"externalIdentifier":"a","privacy":{"n":1.10}}"#,
                None,
                Some(r#"{"operation":"store","customer":{"externalIdentifier":"a","privacy":{"n":1.10}}}"#),
            ),
            (
                r#"{"customer":{"a":1e2}, "ref":"r"}"#,
                Some("update"),
                Some(r#"{"operation":"store","onConflict":"update","customer":{"a":1e2},"ref":"r"}"#),
            ),
            (
                r#"{"operation":"delete","customerUrn":"cu.00.1"}"#,
                Some("update"),
                Some(r#"{"operation":"delete","customerUrn":"cu.00.1"}"#),
            ),
            (
                r#"{"operation":"store","onConflict":"return","customer":{}}"#,
                Some("update"),
                Some(r#"{"operation":"store","onConflict":"return","customer":{}}"#),
            ),
            // A name twice is for the API to tell.
            (
                r#"{"email":"a","email":"b"}"#,
                None,
                Some(r#"{"operation":"store","customer":{"email":"a","email":"b"}}"#),
            ),
            (
                r#"{"externalIdentifier":"a","importError":{"line":1}}"#,
                None,
                Some(r#"{"operation":"store","customer":{"externalIdentifier":"a"}}"#),
            ),
            (r#"{"cursor":"f1-1-1","status":{"messageCode":"SUCCESS"}}"#, None, None),
            (r#"{"summary":{"customers":1},"next":null}"#, None, None),
        ] {
            assert_eq!(of_json(line, on_conflict), Ok(sent.map(str::to_owned)), "{line}");
        }
        for line in ["", "1", "[]", "{\"a\":", "{} {}", "{\"customer\":{}}}"] {
            assert_eq!(of_json(line, None), Err(Fault::is_not_json()), "{line}");
        }
    }
}
