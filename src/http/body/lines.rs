//! A body of lines, received one by one: in memory is the line that is being received, and what the socket brought with it.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::HeaderMap,
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::is_plain;
use crate::http::failure::Failure;

/// Of a body.
const MAX_LINES: u32 = 10_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Of a line, without its end.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Of bodies and of answers.
pub const MEDIA_TYPE: &str = "application/x-ndjson";

pub struct Lines {
    body: Body,
    /// Received, and not looked at.
    rest: Bytes,
    received: usize,
    /// Of the last line.
    number: u32,
    /// How long the client may still keep us waiting.
    pub patience: Duration,
}

/// A line that is not blank.
pub struct Line {
    /// From 1 on; blank lines count.
    pub number: u32,
    /// Of one that is too long, the beginning.
    pub bytes: Bytes,
    pub is_too_long: bool,
}

/// A line as far as it was received.
#[derive(Default)]
struct Begun {
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    /// # Errors
    ///
    /// What the headers tell of the body: it is of another type, too large, or empty.
    pub fn of(headers: &HeaderMap, body: Body, patience: Duration) -> Result<Self, Failure> {
        if body.is_end_stream() {
            return Err(Failure::Malformed);
        }
        if !is_plain(headers, MEDIA_TYPE) {
            return Err(Failure::NotLines);
        }
        if body.size_hint().lower() > MAX_BYTES as u64 {
            return Err(Failure::TooManyLines);
        }
        Ok(Self { body, rest: Bytes::new(), received: 0, number: 0, patience })
    }

    /// `None`: the body has ended.
    ///
    /// # Errors
    ///
    /// [`Failure::TooManyLines`], [`Failure::RequestTimeout`], or [`Failure::Malformed`] where the body broke off: what is left
    /// of it is no line.
    pub async fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let Some(line) = self.next_line().await? else { return Ok(None) };
            if line.is_too_long || !line.bytes.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    async fn next_line(&mut self) -> Result<Option<Line>, Failure> {
        let mut begun = Begun::default();
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let mut last = self.rest.split_to(end + 1);
                last.truncate(end);
                return self.line(begun, last).map(Some);
            }
            begun.add(&std::mem::take(&mut self.rest));
            match self.receive().await? {
                Some(received) => self.rest = received,
                None if begun.bytes.is_empty() => return Ok(None),
                None => return self.line(begun, Bytes::new()).map(Some),
            }
        }
    }

    fn line(&mut self, mut begun: Begun, last: Bytes) -> Result<Line, Failure> {
        self.number += 1;
        if self.number > MAX_LINES {
            return Err(Failure::TooManyLines);
        }
        // Most lines came whole, and are not copied.
        let is_whole = begun.bytes.is_empty() && last.len() <= MAX_LINE_BYTES;
        let bytes = if is_whole {
            last
        } else {
            begun.add(&last);
            begun.bytes.into()
        };
        Ok(Line { number: self.number, bytes, is_too_long: begun.is_too_long })
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let waiting_since = Instant::now();
            let frame =
                timeout(self.patience, self.body.frame()).await.map_err(|_| Failure::RequestTimeout)?;
            self.patience = self.patience.saturating_sub(waiting_since.elapsed());
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| Failure::Malformed)?.into_data() else { continue };
            self.received += data.len();
            if self.received > MAX_BYTES {
                return Err(Failure::TooManyLines);
            }
            return Ok(Some(data));
        }
    }
}

impl Begun {
    /// As much as a line may have.
    fn add(&mut self, bytes: &[u8]) {
        let room = MAX_LINE_BYTES - self.bytes.len();
        self.is_too_long |= bytes.len() > room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::http::{HeaderValue, header::CONTENT_TYPE};
    use futures_util::stream;
    use proptest::prelude::*;

    use super::*;

    /// As it arrives in these parts.
    fn lines(parts: Vec<Vec<u8>>) -> Lines {
        let parts = parts.into_iter().map(|part| Ok::<_, Infallible>(Bytes::from(part)));
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))]);
        Lines::of(&headers, Body::from_stream(stream::iter(parts)), Duration::from_secs(1)).unwrap()
    }

    /// Number, text, and whether it is too long, of each.
    async fn received(parts: Vec<Vec<u8>>) -> Result<Vec<(u32, Vec<u8>, bool)>, Failure> {
        let mut lines = lines(parts);
        let mut received = Vec::new();
        while let Some(Line { number, bytes, is_too_long }) = lines.next().await? {
            received.push((number, bytes.to_vec(), is_too_long));
        }
        Ok(received)
    }

    #[tokio::test]
    async fn blank_lines_are_counted_and_left_out() {
        let received = received(vec![b"a\n\r\n \nb".to_vec()]).await;
        assert_eq!(received, Ok(vec![(1, b"a".to_vec(), false), (4, b"b".to_vec(), false)]));
    }

    #[tokio::test]
    async fn a_line_has_64_kib_and_no_more_of_it_is_kept() {
        let most = vec![b'x'; MAX_LINE_BYTES];
        let whole = [&*most, b"\n", &*most, b"x\ny\n"].concat();
        let expected = Ok(vec![(1, most.clone(), false), (2, most, true), (3, b"y".to_vec(), false)]);
        for size in [whole.len(), 1000, MAX_LINE_BYTES + 1] {
            assert_eq!(received(whole.chunks(size).map(<[u8]>::to_vec).collect()).await, expected, "{size}");
        }
    }

    #[tokio::test]
    async fn a_body_has_10_000_lines_and_16_mib() {
        let most = vec![b"\n".to_vec(); 9_999];
        assert_eq!(received([most.clone(), vec![b"x".to_vec()]].concat()).await.unwrap().len(), 1);
        assert_eq!(received([most, vec![b"x\nx".to_vec()]].concat()).await, Err(Failure::TooManyLines));

        let mebibyte = vec![b' '; 1024 * 1024];
        assert_eq!(received(vec![mebibyte.clone(); 16]).await.map(|lines| lines.len()), Ok(1));
        assert_eq!(received(vec![mebibyte; 17]).await, Err(Failure::TooManyLines));
    }

    proptest! {
        #[test]
        fn how_a_body_arrives_does_not_matter(text in "[ab\n]{0,60}", size in 1_usize..9) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let parts = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let received = runtime.block_on(received(parts)).unwrap();
            let expected = text.split('\n').zip(1..).filter(|(line, _)| !line.is_empty());
            let expected: Vec<_> =
                expected.map(|(line, number)| (number, line.as_bytes().to_vec(), false)).collect();
            prop_assert_eq!(received, expected);
        }
    }
}
