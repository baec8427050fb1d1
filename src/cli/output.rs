//! Tables for people, JSON for programs: both of the same rows. A reader who has read enough is no error.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::table::{self, Terminal};

#[derive(Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One object: as JSON, or the sentence that says the same.
    pub fn one(self, value: &Value, sentence: &str) -> anyhow::Result<()> {
        if self.json { print(&format!("{value}\n")) } else { print(&format!("{sentence}\n")) }
    }

    /// A list of objects: as a JSON array, or a table of `columns`, each a heading and the key of the object.
    ///
    /// A row is one line, for `grep`, unless it goes to a terminal that is too narrow.
    pub fn list(self, rows: &[Value], columns: &[(&str, &str)]) -> anyhow::Result<()> {
        if self.json {
            return print(&format!("{}\n", Value::from(rows)));
        }
        let headings: Vec<_> = columns.iter().map(|(heading, _)| *heading).collect();
        let cells = |row: &Value| columns.iter().map(|(_, key)| cell(&row[key])).collect();
        let rows: Vec<_> = rows.iter().map(cells).collect();
        print(&table::of(&headings, &rows, terminal()))
    }
}

/// Writes to standard output.
///
/// # Errors
///
/// Where it cannot be written, a full disk for example. A reader that closed it wants no more: no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output cannot be written"),
    }
}

/// Says something on standard error that is no result. Nobody may be reading.
pub fn note(sentence: &str) {
    writeln!(stderr(), "{sentence}").ok();
}

/// Whether `stream` shows colours and the person wants them (<https://no-color.org>).
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn terminal() -> Option<Terminal> {
    let (width, _) = terminal_size::terminal_size_of(stdout())?;
    Some(Terminal { width: width.0, has_colours: has_colours(&stdout()) })
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
