//! Tables for people, JSON for programs: both of the same rows.

use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{Table, presets};
use serde_json::Value;

#[derive(Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One object: as JSON, or the sentence that says the same.
    pub fn one(self, value: &Value, sentence: &str) {
        if self.json { println!("{value}") } else { println!("{sentence}") }
    }

    /// A list of objects: as a JSON array, or a table of `columns`, each a heading and the key of the object.
    pub fn list(self, rows: &[Value], columns: &[(&str, &str)]) {
        if self.json {
            println!("{}", Value::from(rows));
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(columns.iter().map(|(heading, _)| *heading));
        for row in rows {
            table.add_row(columns.iter().map(|(_, key)| cell(&row[key])));
        }
        println!("{table}");
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// RFC 3339 in UTC, to the second.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
