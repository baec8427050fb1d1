//! The bytes of a file on their way to a reader: counted, hashed, and gone on with where an import was interrupted.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use sha2::{Digest, Sha256};

pub struct Source {
    input: BufReader<File>,
    /// From the beginning of the file.
    pub offset: u64,
    /// Of the next byte, from 1.
    pub line: u64,
    hash: Sha256,
}

impl Source {
    pub fn open(path: &Path) -> io::Result<Self> {
        let input = BufReader::with_capacity(64 * 1024, File::open(path)?);
        Ok(Self { input, offset: 0, line: 1, hash: Sha256::new() })
    }

    /// What comes next; empty at the end.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    /// Of what was peeked at, this much was read.
    pub fn consume(&mut self, length: usize) {
        let read = &self.input.buffer()[..length];
        self.hash.update(read);
        self.line += read.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.offset += length as u64;
        self.input.consume(length);
    }

    /// Reads this text, if it is what comes next.
    pub fn skip(&mut self, text: &[u8]) -> io::Result<()> {
        if self.peek()?.starts_with(text) {
            self.consume(text.len());
        }
        Ok(())
    }

    /// Reads up to `offset`.
    pub fn read_to(&mut self, offset: u64) -> io::Result<()> {
        while self.offset < offset {
            let length = self.peek()?.len();
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.consume(usize::try_from(offset - self.offset).unwrap_or(usize::MAX).min(length));
        }
        Ok(())
    }

    /// The SHA-256 of all that was read, in hexadecimal.
    pub fn sha256(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A part of the beginning, with which nothing is read.
    pub fn beginning(path: &Path, length: u64) -> io::Result<Vec<u8>> {
        let mut beginning = Vec::new();
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(0))?;
        file.take(length).read_to_end(&mut beginning)?;
        Ok(beginning)
    }
}
