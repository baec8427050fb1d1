//! The answer to a bulk request: a line for each of its lines, and the receipt. It is held back until the body is read, so
//! it is kept small.

use std::{convert::Infallible, sync::Arc};

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde::Serialize;

use super::{
    envelope::{SUCCESS, Success},
    error::{FailureStatus, failure_line},
};
use crate::domain::{
    bulk::{LineRef, Mode},
    correlation_id::CorrelationId,
    customer_urn::CustomerUrn,
    upsert::Outcome,
};
use crate::http::{failure::Failure, limits::places::Place, unwritten::keeping};
use crate::service::customers::LineDone;
use crate::telemetry::metrics;

/// Errors that the answer to a line shows. Its message counts them all.
const MAX_ERRORS: usize = 10;
/// Of an answer. Lines beyond do without the details of what is wrong with them.
const MAX_DETAILED: usize = 4 * 1024 * 1024;
const CHUNK_BYTES: usize = 64 * 1024;
const FAILED: &str = "failed";

pub struct Answers {
    mode: Mode,
    correlation_id: CorrelationId,
    summary: Summary,
    full: Vec<Bytes>,
    chunk: Vec<u8>,
    size: usize,
}

#[derive(Clone, Default, Serialize)]
struct Summary {
    lines: u32,
    created: u32,
    updated: u32,
    unchanged: u32,
    existing: u32,
    stale: u32,
    deleted: u32,
    failed: u32,
    /// `stopAfter` lines had failed: what follows was not looked at.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerLine<'a> {
    line: u32,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_urn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    status: Status,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Status {
    Success(Success),
    Failure(Box<FailureStatus>),
}

/// The receipt.
#[derive(Serialize)]
struct SummaryLine {
    summary: Summary,
    status: Success,
}

impl Answers {
    pub fn new(mode: Mode, correlation_id: CorrelationId) -> Self {
        let (summary, full, chunk) = Default::default();
        Self { mode, correlation_id, summary, full, chunk, size: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.summary.lines == 0
    }

    pub fn failed(&self) -> u32 {
        self.summary.failed
    }

    pub fn add(&mut self, line: u32, reference: Option<&LineRef>, answer: Result<LineDone, Failure>) {
        self.count(&answer);
        let reference = reference.map(LineRef::as_str);
        let answer = match answer {
            Ok(LineDone { customer, version, outcome }) => AnswerLine {
                line,
                reference,
                outcome: outcome.as_str(),
                customer_urn: customer.as_ref().map(CustomerUrn::to_string),
                version: Some(version),
                status: Status::Success(SUCCESS),
            },
            Err(failure) => AnswerLine {
                line,
                reference,
                outcome: FAILED,
                customer_urn: None,
                version: None,
                status: Status::Failure(Box::new(self.status(failure))),
            },
        };
        if self.mode == Mode::Write {
            metrics::bulk_line(answer.outcome);
        }
        self.write(&answer);
    }

    fn count(&mut self, answer: &Result<LineDone, Failure>) {
        let Summary { lines, created, updated, unchanged, existing, stale, deleted, failed, stopped: _ } =
            &mut self.summary;
        *lines += 1;
        *match answer {
            Ok(LineDone { outcome, .. }) => match outcome {
                Outcome::Created => created,
                Outcome::Updated => updated,
                Outcome::Unchanged => unchanged,
                Outcome::Existing => existing,
                Outcome::Stale => stale,
                Outcome::Deleted => deleted,
            },
            Err(_) => failed,
        } += 1;
    }

    pub fn stop(&mut self) {
        self.summary.stopped = true;
    }

    /// The last line: the receipt, or why there is none.
    pub fn end(&mut self, end: Result<(), Failure>) {
        match end {
            Ok(()) => {
                let summary = self.summary.clone();
                self.write(&SummaryLine { summary, status: SUCCESS });
            }
            Err(failure) => self.write(&failure_line(failure, self.correlation_id)),
        }
    }

    /// The place is taken until all of it is written.
    pub fn into_body(mut self, place: Place) -> Body {
        self.full.push(self.chunk.into());
        let place = Arc::new(place);
        let chunks =
            self.full.into_iter().map(move |bytes| Ok::<_, Infallible>(keeping(bytes, place.clone())));
        Body::from_stream(stream::iter(chunks))
    }

    fn status(&self, mut failure: Failure) -> FailureStatus {
        let shown = if self.size < MAX_DETAILED { MAX_ERRORS } else { 0 };
        match &mut failure {
            Failure::Invalid(errors) => errors.show_at_most(shown),
            Failure::Taken { conflict, .. } if shown == 0 => conflict.taken.truncate(1),
            _ => {}
        }
        failure_line(failure, self.correlation_id).status
    }

    fn write(&mut self, line: &impl Serialize) {
        let before = self.chunk.len();
        // These types always serialize.
        serde_json::to_writer(&mut self.chunk, line).ok();
        self.chunk.push(b'\n');
        self.size += self.chunk.len() - before;
        if self.chunk.len() >= CHUNK_BYTES {
            self.full.push(std::mem::take(&mut self.chunk).into());
        }
    }
}
