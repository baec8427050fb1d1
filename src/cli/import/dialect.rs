//! How a file is written: its character encoding, and what separates the cells of a CSV line.

use std::{
    io::{self, BufRead},
    str::{self, FromStr},
};

use encoding_rs::WINDOWS_1252;

/// What separates cells. Of two that occur as often, the first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Utf8,
    Windows1252,
}

impl Encoding {
    /// # Errors
    ///
    /// The text is not in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Result<String, NotUtf8> {
        match self {
            Self::Utf8 => str::from_utf8(bytes).map(str::to_owned).map_err(|_| NotUtf8),
            Self::Windows1252 => Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct NotUtf8;

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "windows-1252" | "cp1252" => Ok(Self::Windows1252),
            _ => Err("must be utf-8 or windows-1252".to_owned()),
        }
    }
}

/// The delimiter that a header has most often outside of quotes; a comma where it has none.
pub fn delimiter_of(header: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in header {
        if *byte == b'"' {
            is_quoted = !is_quoted;
        } else if let Some(index) = DELIMITERS.iter().position(|delimiter| delimiter == byte)
            && !is_quoted
        {
            counts[index] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    DELIMITERS
        .into_iter()
        .zip(counts)
        .find(|(_, count)| *count == most)
        .map_or(b',', |(delimiter, _)| delimiter)
}

/// Where a text stops being UTF-8: both from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub byte: usize,
}

/// The first byte that is not UTF-8.
pub fn first_not_utf8(mut text: impl BufRead) -> io::Result<Option<Place>> {
    // A character that goes on in the next part of the file.
    let mut begun: Vec<u8> = Vec::new();
    let mut place = Place { line: 1, byte: 1 };
    loop {
        let part = text.fill_buf()?;
        let (length, is_last) = (part.len(), part.is_empty());
        let joined = [&begun, part].concat();
        let (valid, rest) = match str::from_utf8(&joined) {
            Ok(_) => (joined.len(), None),
            Err(error) => (error.valid_up_to(), error.error_len().or(is_last.then_some(1))),
        };
        place.advance(&joined[..valid]);
        if rest.is_some() {
            return Ok(Some(place));
        }
        begun = joined[valid..].to_vec();
        text.consume(length);
        if is_last {
            return Ok(None);
        }
    }
}

impl Place {
    fn advance(&mut self, text: &[u8]) {
        let breaks = text.iter().filter(|byte| **byte == b'\n').count();
        self.line += breaks as u64;
        self.byte = match text.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => text.len() - last,
            None => self.byte + text.len(),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn the_delimiter_is_the_one_the_header_has_most_often() {
        for (header, delimiter) in [
            ("id,mail", b','),
            ("id;mail", b';'),
            ("id\tmail", b'\t'),
            ("id|mail", b'|'),
            ("id", b','),
            ("\"a,b,c\";mail", b';'),
            ("id;mail, private;phone", b';'),
        ] {
            assert_eq!(delimiter_of(header.as_bytes()), delimiter, "{header}");
        }
    }

    #[test]
    fn the_first_byte_that_is_not_utf8_is_found_wherever_the_parts_end() {
        let place = |line, byte| Some(Place { line, byte });
        for (text, expected) in [
            (&b"a\nb\xfcc"[..], place(2, 2)),
            ("ä€😀\nä".as_bytes(), None),
            (b"", None),
            (b"\xe4", place(1, 1)),
            (b"\xc3\xa4\n\xc3", place(2, 1)),
            (b"a\r\n\xff", place(2, 1)),
            (b"ab\xed\xa0\x80", place(1, 3)),
        ] {
            for size in 1..8 {
                let read = BufReader::with_capacity(size, text);
                assert_eq!(first_not_utf8(read).unwrap(), expected, "{text:?} by {size}");
            }
        }
    }

    #[test]
    fn windows_1252_is_read_where_it_is_said() {
        assert_eq!(Encoding::Windows1252.decode(b"M\xfcller \x80"), Ok("Müller €".to_owned()));
        assert_eq!(Encoding::Utf8.decode(b"M\xfcller"), Err(NotUtf8));
    }
}
