//! Customers as rows of CSV: a column for each field, and none of them changed. A cell that begins with `=` or `+` is not
//! made harmless for spreadsheets, because then it would be another value when it is imported again.

use std::{collections::BTreeMap, io};

use serde_json::{Value, value::RawValue};

use crate::cli::import::fields::{FIELDS, FURTHER, Kind};

/// What only an answer has, before and behind the fields.
const BEFORE: [&str; 1] = ["customerUrn"];
const BEHIND: [&str; 3] = ["version", "createdAt", "updatedAt"];

type Members<'a> = BTreeMap<String, &'a RawValue>;

pub fn header() -> io::Result<Vec<u8>> {
    let fields = FIELDS.iter().map(|field| field.path);
    csv(BEFORE.into_iter().chain(fields).chain(BEHIND).map(str::to_owned))
}

/// `customer`: as the API answers it.
pub fn row(customer: &[u8]) -> io::Result<Vec<u8>> {
    let customer: Members<'_> = serde_json::from_slice(customer)?;
    let mut cells = Vec::new();
    for name in BEFORE {
        cells.push(plain(customer.get(name)));
    }
    for field in &FIELDS {
        let Some((object, name)) = field.path.split_once('.') else {
            let value = customer.get(field.path);
            let is_json = field.kind == Kind::Json;
            cells.push(if is_json {
                value.map(|json| json.get().to_owned()).unwrap_or_default()
            } else {
                plain(value)
            });
            continue;
        };
        let parts: Members<'_> = match customer.get(object) {
            Some(json) => serde_json::from_str(json.get())?,
            None => Members::new(),
        };
        cells.push(if field.path.ends_with(FURTHER) {
            further(object, &parts)
        } else {
            plain(parts.get(name))
        });
    }
    for name in BEHIND {
        cells.push(plain(customer.get(name)));
    }
    csv(cells.into_iter())
}

/// Text as it is, everything else as JSON writes it.
fn plain(value: Option<&&RawValue>) -> String {
    let Some(json) = value else { return String::new() };
    match serde_json::from_str(json.get()) {
        Ok(Value::String(text)) => text,
        _ => json.get().to_owned(),
    }
}

/// The properties of an object that have no column, as a JSON object.
fn further(object: &str, parts: &Members<'_>) -> String {
    let has_column =
        |name: &str| FIELDS.iter().any(|field| field.path.split_once('.') == Some((object, name)));
    let further = parts.iter().filter(|(name, _)| !has_column(name));
    let further: Vec<_> =
        further.map(|(name, json)| format!("{}:{json}", Value::from(name.as_str()))).collect();
    if further.is_empty() { String::new() } else { format!("{{{}}}", further.join(",")) }
}

fn csv(cells: impl Iterator<Item = String>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.collect::<Vec<_>>())?;
    writer.into_inner().map_err(|error| error.into_error())
}
