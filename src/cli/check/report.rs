//! What `check` says, in the symbols of `rclone check`: `+` only in the list, `-` only here, `*` different, `!` cannot be
//! compared, `=` equal.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    drift::{Drift, Kind},
    list::List,
};
use crate::cli::output::{Output, print};

pub struct Report<'a> {
    list: &'a List,
    drift: Drift,
}

impl<'a> Report<'a> {
    /// Of what cannot be compared, no difference is told.
    pub fn new(list: &'a List, mut drift: Drift) -> Self {
        drift.retain(|id, _| !list.unusable.contains(id));
        Self { list, drift }
    }

    pub fn is_equal(&self) -> bool {
        self.list.unusable.is_empty() && self.drift.values().all(|kind| *kind == Kind::Changed)
    }

    /// A line for each difference on standard output, and how many there are.
    pub fn print(&self, output: Output) -> anyhow::Result<()> {
        let mut lines: BTreeMap<&str, String> =
            self.list.unusable.iter().map(|id| (id.as_str(), line(output, '!', id, None))).collect();
        let differences = self.drift.iter().filter(|(_, kind)| **kind != Kind::Changed);
        lines.extend(differences.map(|(id, kind)| (id.as_str(), line(output, symbol(kind), id, Some(kind)))));
        print(&lines.into_values().collect::<String>())?;
        let summary = self.summary();
        if output.json {
            return print(&format!("{}\n", json!({ "summary": summary })));
        }
        let count = |name: &str| summary[name].as_u64().unwrap_or_default();
        writeln!(
            io::stderr(),
            "{} equal, {} different, {} only in the list, {} only here, {} not to be compared, {} changed meanwhile",
            count("equal"),
            count("different"),
            count("onlyListed"),
            count("onlyHere"),
            count("unusable"),
            count("changed"),
        )
        .ok();
        Ok(())
    }

    /// A line for each customer of either side, in the order of identifiers.
    pub fn write_combined(&self, path: &Path) -> anyhow::Result<()> {
        let mut symbols: BTreeMap<&str, char> =
            self.list.records.iter().map(|record| (&*record.external_id, '=')).collect();
        symbols.extend(self.drift.iter().map(|(id, kind)| (id.as_str(), symbol(kind))));
        symbols.extend(self.list.unusable.iter().map(|id| (id.as_str(), '!')));
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            symbols.iter().try_for_each(|(id, symbol)| writeln!(file, "{symbol} {}", shown(id)))?;
            file.flush()
        };
        write().with_context(|| path.display().to_string())
    }

    fn summary(&self) -> Value {
        let count =
            |is_counted: fn(&Kind) -> bool| self.drift.values().filter(|kind| is_counted(kind)).count();
        let is_equal = |id: &str| !self.drift.contains_key(id) && !self.list.unusable.contains(id);
        json!({
            "equal": self.list.records.iter().filter(|record| is_equal(&record.external_id)).count(),
            "different": count(|kind| matches!(kind, Kind::Different { .. })),
            "onlyListed": count(|kind| matches!(kind, Kind::OnlyListed)),
            "onlyHere": count(|kind| matches!(kind, Kind::OnlyHere { .. })),
            "unusable": self.list.unusable.len(),
            "changed": count(|kind| matches!(kind, Kind::Changed)),
        })
    }
}

/// Whether a customer that changed meanwhile is equal, was not found out.
fn symbol(kind: &Kind) -> char {
    match kind {
        Kind::OnlyListed => '+',
        Kind::OnlyHere { .. } => '-',
        Kind::Different { .. } => '*',
        Kind::Changed => '!',
    }
}

fn line(output: Output, symbol: char, id: &str, kind: Option<&Kind>) -> String {
    if !output.json {
        return format!("{symbol} {}\n", shown(id));
    }
    let mut line = json!({ "symbol": symbol, "externalIdentifier": id });
    match kind {
        Some(Kind::OnlyHere { urn }) => line["customerUrn"] = urn.to_string().into(),
        Some(Kind::Different { urn, listed, here }) => {
            line["customerUrn"] = urn.to_string().into();
            line["listed"] = (*listed).into();
            line["here"] = (*here).into();
        }
        Some(Kind::OnlyListed | Kind::Changed) | None => {}
    }
    format!("{line}\n")
}

/// A line, whatever is in the identifier.
fn shown(id: &str) -> String {
    if id.chars().any(char::is_control) { id.escape_debug().to_string() } else { id.to_owned() }
}
