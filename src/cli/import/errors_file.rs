//! The lines that failed, as they were, with what is wrong: a file that can be mended and imported again.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    bulk_line::{IMPORT_ERROR, Members, Object},
    columns::{Columns, ERROR_COLUMNS},
    dialect::BYTE_ORDER_MARK,
    fault::Fault,
    reader::{Item, Original},
};

pub struct ErrorsFile {
    pub path: PathBuf,
    /// Of CSV.
    header: Option<Header>,
    /// Until something is written there is no file.
    file: Option<File>,
    /// How much was written.
    pub length: u64,
}

struct Header {
    delimiter: u8,
    names: Vec<String>,
}

impl ErrorsFile {
    /// Goes on behind the first `length` bytes: what is there beyond is of lines that are sent again.
    pub fn open(path: PathBuf, columns: Option<(&Columns, u8)>, length: u64) -> io::Result<Self> {
        let header = columns.map(|(columns, delimiter)| {
            let names = columns.names[..columns.own].iter().cloned();
            Header { delimiter, names: names.chain(ERROR_COLUMNS.map(str::to_owned)).collect() }
        });
        let mut errors = Self { path, header, file: None, length };
        if length > 0 {
            let mut file = create(&errors.path)?;
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            errors.file = Some(file);
        } else {
            remove(&errors.path)?;
        }
        Ok(errors)
    }

    pub fn add(&mut self, item: &Item, faults: &[Fault]) -> io::Result<()> {
        let text = match (&item.original, &self.header) {
            (Original::Cells(cells), Some(header)) => header.row(item.line, cells, faults)?,
            (Original::Text(text), _) => json_line(item.line, text, faults).into_bytes(),
            (Original::Cells(_), None) => return Ok(()),
        };
        if self.file.is_none() {
            let file = create(&self.path)?;
            file.set_len(0)?;
            self.file = Some(file);
            if let Some(header) = &self.header {
                let first = [BYTE_ORDER_MARK, &header.csv(&header.names)?].concat();
                self.write(&first)?;
            }
        }
        self.write(&text)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.length += text.len() as u64;
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(text))
    }
}

impl Header {
    /// A row of the import with what is wrong. One of an errors file has that already, of the last time.
    fn row(&self, line: u64, cells: &[String], faults: &[Fault]) -> io::Result<Vec<u8>> {
        let own = self.names.len() - ERROR_COLUMNS.len();
        let had_errors = cells.len() == self.names.len();
        let cells = if had_errors { &cells[..own] } else { cells };
        let joined = |of: fn(&Fault) -> &str| faults.iter().map(of).collect::<Vec<_>>().join("; ");
        let of_errors = [
            line.to_string(),
            joined(|fault| &fault.code),
            joined(|fault| &fault.field),
            joined(|fault| &fault.message),
            faults.iter().filter_map(|fault| fault.holder.as_deref()).collect::<Vec<_>>().join("; "),
        ];
        self.csv(&[cells, &of_errors].concat())
    }

    fn csv(&self, cells: &[String]) -> io::Result<Vec<u8>> {
        let mut writer =
            csv::WriterBuilder::new().delimiter(self.delimiter).flexible(true).from_writer(Vec::new());
        writer.write_record(cells)?;
        writer.into_inner().map_err(|error| error.into_error())
    }
}

fn json_line(line: u64, text: &str, faults: &[Fault]) -> String {
    let said: Vec<_> = faults
        .iter()
        .map(|fault| {
            json!({ "code": fault.code, "field": fault.field, "message": fault.message, "holder": fault.holder })
        })
        .collect();
    let mut object = Object::default();
    match serde_json::from_str(text) {
        Ok(Members(members)) => {
            let members = members.iter().filter(|(name, _)| name != IMPORT_ERROR);
            members.for_each(|(name, value)| object.add(name, value.get()));
            object.add(IMPORT_ERROR, &json!({ "line": line, "errors": said }).to_string());
        }
        Err(_) => {
            object.add(IMPORT_ERROR, &json!({ "line": line, "errors": said, "text": text }).to_string())
        }
    }
    format!("{}\n", object.json())
}

/// For its owner alone: it holds personal data.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
