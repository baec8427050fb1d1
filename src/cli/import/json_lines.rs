//! The lines of an NDJSON file, one at a time, within limits of memory.

use std::io;

use super::{dialect::BYTE_ORDER_MARK, rows::Unreadable, source::Source};

/// As of a row of CSV: enough to show what was too long for a customer.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

pub struct JsonLines {
    pub source: Source,
}

#[derive(Debug, PartialEq, Eq)]
pub struct TextLine {
    pub line: u64,
    pub text: String,
}

impl JsonLines {
    /// `source` is at the beginning of the file, or of a line.
    pub fn new(mut source: Source) -> io::Result<Self> {
        source.skip(BYTE_ORDER_MARK)?;
        Ok(Self { source })
    }

    /// `None`: the file has ended. Blank lines are left out.
    pub fn next(&mut self) -> Result<Option<TextLine>, Unreadable> {
        loop {
            let line = self.source.line;
            let Some(bytes) = self.next_line(line)? else { return Ok(None) };
            let text = String::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8 { line })?;
            if !text.trim_ascii().is_empty() {
                return Ok(Some(TextLine { line, text: text.trim_ascii().to_owned() }));
            }
        }
    }

    fn next_line(&mut self, line: u64) -> Result<Option<Vec<u8>>, Unreadable> {
        let mut bytes = Vec::new();
        loop {
            let part = self.source.peek()?;
            if part.is_empty() {
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(part.len(), |end| end + 1);
            bytes.extend_from_slice(&part[..length]);
            self.source.consume(length);
            if bytes.len() > MAX_LINE_BYTES {
                return Err(Unreadable::TooLong { line });
            }
            if end.is_some() {
                return Ok(Some(bytes));
            }
        }
    }
}
