//! What the API answers: a status, and lines.

use std::{error::Error, time::Duration};

use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{
    Response,
    body::{Body, Bytes},
    header::RETRY_AFTER,
};
use tokio::time::timeout;

use super::remote::READ_TIMEOUT;

type BoxError = Box<dyn Error + Send + Sync>;

pub struct Reply {
    pub status: u16,
    pub retry_after: Option<Duration>,
    body: UnsyncBoxBody<Bytes, BoxError>,
    /// What was received and not read.
    rest: Vec<u8>,
}

/// The connection was not made, or broke.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Broken {
    sentence: String,
    /// Nothing was sent.
    pub is_before: bool,
}

impl Broken {
    /// The deepest cause says most.
    pub fn new(error: &dyn Error) -> Self {
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self { sentence: cause.to_string(), is_before: false }
    }

    pub fn before_all(self, is_before: bool) -> Self {
        Self { is_before, ..self }
    }
}

impl Reply {
    /// A line without its end; `None`: that was the last. What is left without an end is no line.
    pub async fn line(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=searched + end).collect();
                line.pop();
                return Ok(Some(line));
            }
            searched = self.rest.len();
            let Some(chunk) = self.chunk().await? else { return Ok(None) };
            self.rest.extend_from_slice(&chunk);
        }
    }

    /// All that is left.
    pub async fn text(&mut self) -> Result<Vec<u8>, Broken> {
        while let Some(chunk) = self.chunk().await? {
            self.rest.extend_from_slice(&chunk);
        }
        Ok(std::mem::take(&mut self.rest))
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            let frame = timeout(READ_TIMEOUT, self.body.frame()).await;
            let Some(frame) = frame.map_err(|error| Broken::new(&error))? else { return Ok(None) };
            let frame = frame.map_err(|error| Broken::new(&*error))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

impl<B> From<Response<B>> for Reply
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn from(response: Response<B>) -> Self {
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            status: response.status().as_u16(),
            retry_after: seconds.map(Duration::from_secs),
            body: response.into_body().map_err(Into::into).boxed_unsync(),
            rest: Vec::new(),
        }
    }
}
