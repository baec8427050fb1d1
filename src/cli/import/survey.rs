//! The first look at a file, before anything of it is imported: whether all of it can be read, and how much there is.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;

use super::{
    columns::{Columns, Mapping},
    dialect::{BYTE_ORDER_MARK, Encoding, delimiter_of, first_not_utf8},
    reader::{Dialect, Reader},
    rows::Rows,
    source::Source,
};

const HEADER_BYTES: u64 = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Ndjson,
}

/// What a file holds.
pub enum Survey {
    Csv { dialect: Dialect, columns: Columns, rows: u64 },
    Json { lines: u64 },
}

impl Format {
    /// By the name of the file.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match &*extension {
            "csv" | "tsv" | "txt" => Ok(Self::Csv),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => bail!("{} ends neither in .csv nor in .ndjson: --format says which it is", path.display()),
        }
    }
}

impl Survey {
    /// # Errors
    ///
    /// The first place from which the file cannot be read, or what is wrong with its header.
    pub fn of(
        path: &Path,
        format: Format,
        encoding: Option<Encoding>,
        mappings: &[Mapping],
    ) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let beginning = Source::beginning(path, HEADER_BYTES).with_context(named)?;
        ensure!(!beginning.is_empty(), "{} is empty", path.display());
        let encoding = encoding_of(&beginning, encoding).with_context(named)?;
        if encoding == Encoding::Utf8 {
            refuse_other_than_utf8(path)?;
        }
        match format {
            Format::Csv => Self::of_csv(path, &beginning, encoding, mappings),
            Format::Ndjson => Self::of_json(path),
        }
        .with_context(named)
    }

    fn of_csv(
        path: &Path,
        beginning: &[u8],
        encoding: Encoding,
        mappings: &[Mapping],
    ) -> anyhow::Result<Self> {
        let header = beginning.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty());
        let dialect = Dialect { delimiter: delimiter_of(header.unwrap_or_default()), encoding };
        let mut rows = Rows::new(Source::open(path)?, dialect.delimiter, encoding)?;
        let header = rows.next()?.context("there is no header")?;
        let line = header.line;
        let columns = Columns::new(header.cells, mappings)
            .map_err(|sentence| anyhow::anyhow!("line {line}: {sentence}"))?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(Self::Csv { dialect, columns, rows: count })
    }

    fn of_json(path: &Path) -> anyhow::Result<Self> {
        let mut lines = Reader::json(path, None)?;
        let mut count = 0;
        while lines.next()?.is_some() {
            count += 1;
        }
        Ok(Self::Json { lines: count })
    }

    pub fn lines(&self) -> u64 {
        match self {
            Self::Csv { rows, .. } => *rows,
            Self::Json { lines } => *lines,
        }
    }

    /// `UTF-8, ';', 1,204,331 lines · columns: …`
    pub fn sentence(&self, count: impl Fn(u64) -> String) -> String {
        match self {
            Self::Csv { dialect: Dialect { delimiter, encoding }, columns, rows } => format!(
                "{}, {:?}, {} lines · columns: {}",
                encoding.as_str(),
                char::from(*delimiter),
                count(*rows),
                columns.sentence()
            ),
            Self::Json { lines } => format!("UTF-8, NDJSON, {} lines", count(*lines)),
        }
    }
}

/// The byte order mark decides where there is one.
fn encoding_of(beginning: &[u8], said: Option<Encoding>) -> anyhow::Result<Encoding> {
    ensure!(
        !beginning.starts_with(b"\xff\xfe") && !beginning.starts_with(b"\xfe\xff"),
        "this is UTF-16: save it as UTF-8"
    );
    if beginning.starts_with(BYTE_ORDER_MARK) {
        return Ok(Encoding::Utf8);
    }
    Ok(said.unwrap_or_default())
}

fn refuse_other_than_utf8(path: &Path) -> anyhow::Result<()> {
    let place = File::open(path).and_then(|file| first_not_utf8(BufReader::with_capacity(64 * 1024, file)));
    if let Some(place) = place.with_context(|| path.display().to_string())? {
        bail!(
            "{}: line {}, byte {}: not UTF-8; this looks like Windows-1252, see --encoding",
            path.display(),
            place.line,
            place.byte
        );
    }
    Ok(())
}

/// `customers.errors.csv` of `customers.csv`.
pub fn errors_path(path: &Path, format: Format) -> PathBuf {
    let extension = match format {
        Format::Csv => "errors.csv",
        Format::Ndjson => "errors.ndjson",
    };
    path.with_extension(extension)
}

/// `customers.csv.progress` of `customers.csv`.
pub fn progress_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".progress");
    name.into()
}
