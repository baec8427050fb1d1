//! The tenant's own list: CSV with a header, or an object of JSON a line, such as an export.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::{
    compare::By, customer_urn::CustomerUrn, external_id::ExternalId, feed::Cursor,
    source_version::SourceVersion,
};

#[derive(Default)]
pub struct List {
    /// In the order of their identifiers, each once.
    pub records: Vec<Record>,
    /// What cannot be compared: no identifier of a customer, or there more than once.
    pub unusable: BTreeSet<String>,
    /// Where the feed was when the list was made, if it says so.
    pub made_at: Option<Cursor>,
}

/// A million of them have to fit.
pub struct Record {
    pub external_id: Box<str>,
    /// What it is compared by.
    pub number: Option<i64>,
    pub urn: Option<CustomerUrn>,
}

/// A line of the list.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    external_identifier: Option<String>,
    version: Option<Value>,
    source_version: Option<Value>,
    customer_urn: Option<String>,
    /// Of an export's first line.
    cursor: Option<String>,
    /// Of its last.
    summary: Option<Value>,
    /// Of a failure in place of it.
    status: Option<Value>,
}

impl List {
    pub fn read(path: &Path, by: By) -> anyhow::Result<Self> {
        let read = || {
            let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
            let is_json = file.fill_buf()?.trim_ascii_start().starts_with(b"{");
            let mut list = Self::default();
            if is_json { list.read_json(file, by) } else { list.read_csv(file, by) }?;
            list.settle();
            Ok(list)
        };
        read().map_err(|error: anyhow::Error| error.context(path.display().to_string()))
    }

    fn read_csv(&mut self, file: impl BufRead, by: By) -> anyhow::Result<()> {
        let mut reader = csv::Reader::from_reader(file);
        let header = reader.headers().map_err(fault)?.clone();
        let column = |name: &str| header.iter().position(|column| column.trim() == name);
        let needed = |name: &str| column(name).with_context(|| format!("has no column {name}"));
        let id = needed("externalIdentifier")?;
        let number = match by {
            By::Version | By::SourceVersion => Some(needed(by.as_str())?),
            By::ExternalIdentifier => None,
        };
        let urn = column("customerUrn");
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(fault)? {
            let line = record.position().map_or(0, csv::Position::line);
            let field =
                |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
            let number = field(number);
            let number = if number.is_empty() { None } else { Some(number) };
            let fields = (field(Some(id)), number, field(urn));
            self.add(by, fields.0, fields.1, fields.2).with_context(|| format!("line {line}"))?;
        }
        Ok(())
    }

    fn read_json(&mut self, file: impl BufRead, by: By) -> anyhow::Result<()> {
        for (number, text) in (1_u64..).zip(file.lines()) {
            let text = text?;
            if !text.trim().is_empty() {
                self.read_json_line(&text, by).with_context(|| format!("line {number}"))?;
            }
        }
        Ok(())
    }

    fn read_json_line(&mut self, text: &str, by: By) -> anyhow::Result<()> {
        // What serde says may quote the line.
        let line: Line = serde_json::from_str(text)
            .map_err(|_| anyhow!("is not an object of JSON with these properties"))?;
        let Line { external_identifier, version, source_version, customer_urn, cursor, summary, status } =
            line;
        let Some(id) = external_identifier else {
            if let Some(cursor) = cursor {
                self.made_at =
                    Some(Cursor::parse(&cursor).map_err(|problem| anyhow!("cursor: {}", problem.message()))?);
            } else if summary.is_none() {
                bail!(if status.is_some() { "the export was cut" } else { "has no externalIdentifier" });
            }
            return Ok(());
        };
        let number = match by {
            By::Version => version,
            By::SourceVersion => source_version,
            By::ExternalIdentifier => None,
        };
        let number = number.filter(|number| !number.is_null()).map(|number| match number {
            Value::String(digits) => digits,
            other => other.to_string(),
        });
        self.add(by, &id, number.as_deref(), customer_urn.as_deref().unwrap_or_default())
    }

    fn add(&mut self, by: By, id: &str, number: Option<&str>, urn: &str) -> anyhow::Result<()> {
        if ExternalId::parse(id).is_err() {
            self.unusable.insert(id.to_owned());
            return Ok(());
        }
        if by == By::Version && number.is_none() {
            bail!("has no version");
        }
        let number = number.map(|digits| {
            let number = SourceVersion::parse(digits).map(SourceVersion::get);
            number.map_err(|_| anyhow!("{} must be a whole number", by.as_str()))
        });
        let urn = match urn {
            "" => None,
            urn => Some(
                CustomerUrn::parse(urn).map_err(|_| anyhow!("customerUrn must be one such as cu.00.482"))?,
            ),
        };
        self.records.push(Record { external_id: id.into(), number: number.transpose()?, urn });
        Ok(())
    }

    /// Of an identifier that is there more than once, one stays: which of them is right, nobody can say.
    fn settle(&mut self) {
        self.records.sort_unstable_by(|a, b| a.external_id.cmp(&b.external_id));
        let unusable = &mut self.unusable;
        self.records.dedup_by(|next, first| {
            let is_twice = next.external_id == first.external_id;
            if is_twice {
                unusable.insert(first.external_id.to_string());
            }
            is_twice
        });
    }
}

/// In our words, which quote nothing.
fn fault(error: csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        csv::ErrorKind::UnequalLengths { .. } => {
            anyhow!("line {line}: has another number of fields than the header")
        }
        csv::ErrorKind::Utf8 { .. } => anyhow!("line {line}: is not UTF-8"),
        _ => anyhow!("line {line}: is not CSV"),
    }
}
