//! What an import reads: rows of CSV or lines of JSON, each with what is to be sent for it.

use std::{io, path::Path};

use super::{
    bulk_line::{OnConflict, of_json},
    dialect::Encoding,
    fault::Fault,
    json_lines::JsonLines,
    row_line::RowMaker,
    rows::{Rows, Unreadable},
    source::Source,
};

/// Of a line as it is sent: the API takes no longer one.
const MAX_SENT_BYTES: usize = 64 * 1024;

pub enum Reader {
    Csv { rows: Box<Rows>, maker: Box<RowMaker> },
    Json { lines: JsonLines, on_conflict: OnConflict },
}

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub encoding: Encoding,
}

/// A line of the file.
pub struct Item {
    pub line: u64,
    /// As it was.
    pub original: Original,
    /// The line of a bulk request, or what is wrong already.
    pub asked: Result<String, Vec<Fault>>,
}

pub enum Original {
    Cells(Vec<String>),
    Text(String),
}

impl Reader {
    /// Of a file with a header, which is left out.
    pub fn csv(path: &Path, dialect: Dialect, maker: RowMaker) -> Result<Self, Unreadable> {
        let mut rows = Rows::new(Source::open(path)?, dialect.delimiter, dialect.encoding)?;
        rows.next()?;
        Ok(Self::Csv { rows: Box::new(rows), maker: Box::new(maker) })
    }

    pub fn json(path: &Path, on_conflict: OnConflict) -> io::Result<Self> {
        Ok(Self::Json { lines: JsonLines::new(Source::open(path)?)?, on_conflict })
    }

    pub fn source(&mut self) -> &mut Source {
        match self {
            Self::Csv { rows, .. } => &mut rows.source,
            Self::Json { lines, .. } => &mut lines.source,
        }
    }

    /// `None`: the file has ended.
    pub fn next(&mut self) -> Result<Option<Item>, Unreadable> {
        loop {
            let item = match self {
                Self::Csv { rows, maker } => rows.next()?.map(|row| Item {
                    line: row.line,
                    asked: maker.line(&row.cells),
                    original: Original::Cells(row.cells),
                }),
                Self::Json { lines, on_conflict } => {
                    let Some(read) = lines.next()? else { return Ok(None) };
                    let asked = match of_json(&read.text, *on_conflict) {
                        Ok(None) => continue,
                        Ok(Some(sent)) => Ok(sent),
                        Err(fault) => Err(vec![fault]),
                    };
                    Some(Item { line: read.line, original: Original::Text(read.text), asked })
                }
            };
            return Ok(item.map(Item::bounded));
        }
    }
}

impl Item {
    fn bounded(self) -> Self {
        let is_too_long = self.asked.as_ref().is_ok_and(|sent| sent.len() > MAX_SENT_BYTES);
        if is_too_long { Self { asked: Err(vec![Fault::too_long()]), ..self } } else { self }
    }
}
