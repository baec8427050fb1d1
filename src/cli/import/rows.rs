//! The rows of a CSV file (RFC 4180), one at a time, within limits of memory.

use std::io;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{
    dialect::{BYTE_ORDER_MARK, Encoding},
    source::Source,
};

/// Far more than a customer can be.
const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;
const MAX_COLUMNS: usize = 10_000;

pub struct Rows {
    pub source: Source,
    reader: Reader,
    encoding: Encoding,
    quotes: Quotes,
    /// The cells of a row, one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Where a row begins, and its cells.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub cells: Vec<String>,
}

/// Why a file cannot be read to its end: what follows could be anything.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("line {line}: a quote is opened here or below and never closed")]
    OpenQuote { line: u64 },
    #[error("line {line}: what begins here is longer than 4 MiB; is a quote open?")]
    TooLong { line: u64 },
    #[error("line {line}: there are more than {MAX_COLUMNS} columns")]
    TooManyColumns { line: u64 },
    #[error("line {line}: not {}", Encoding::Utf8.as_str())]
    NotUtf8 { line: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Rows {
    /// `source` is at the beginning of the file, or of a row.
    pub fn new(mut source: Source, delimiter: u8, encoding: Encoding) -> io::Result<Self> {
        source.skip(BYTE_ORDER_MARK)?;
        Ok(Self {
            source,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            encoding,
            quotes: Quotes::new(delimiter),
            bytes: vec![0; 4096],
            ends: vec![0; 64],
        })
    }

    /// `None`: the file has ended. Empty lines are no rows.
    pub fn next(&mut self) -> Result<Option<Row>, Unreadable> {
        while let Some(b'\n' | b'\r') = self.source.peek()?.first() {
            self.source.consume(1);
        }
        let line = self.source.line;
        let (mut written, mut columns) = (0, 0);
        loop {
            let input = self.source.peek()?;
            let is_end = input.is_empty();
            let (result, read, wrote, ended) =
                self.reader.read_record(input, &mut self.bytes[written..], &mut self.ends[columns..]);
            self.quotes.see(&input[..read]);
            self.source.consume(read);
            written += wrote;
            columns += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() < MAX_ROW_BYTES => {
                    self.bytes.resize(self.bytes.len() * 2, 0);
                }
                ReadRecordResult::OutputFull => return Err(Unreadable::TooLong { line }),
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_COLUMNS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull => return Err(Unreadable::TooManyColumns { line }),
                ReadRecordResult::Record if is_end && self.quotes.is_open() => {
                    return Err(Unreadable::OpenQuote { line });
                }
                ReadRecordResult::Record => return self.row(line, columns).map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn row(&self, line: u64, columns: usize) -> Result<Row, Unreadable> {
        let mut begin = 0;
        let cells = self.ends[..columns].iter().map(|end| {
            let cell = self.encoding.decode(&self.bytes[begin..*end]);
            begin = *end;
            cell.map_err(|_| Unreadable::NotUtf8 { line })
        });
        Ok(Row { line, cells: cells.collect::<Result<_, _>>()? })
    }
}

/// Whether a quote is open: what the library does not tell at the end of a file.
struct Quotes {
    delimiter: u8,
    state: State,
}

enum State {
    /// A quote opens only here.
    CellBegins,
    Plain,
    Quoted,
    /// Behind a quote that closes, or is the first of two.
    Closing,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::CellBegins }
    }

    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.state = match (&self.state, *byte) {
                (State::CellBegins | State::Closing, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Closing,
                (State::Quoted, _) => State::Quoted,
                (_, b'\n' | b'\r') => State::CellBegins,
                (_, byte) if byte == self.delimiter => State::CellBegins,
                (_, _) => State::Plain,
            };
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Quoted)
    }
}
