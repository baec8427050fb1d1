//! The export: every living customer, a line each, behind the cursor that the change feed continues from.
//!
//! The cursor is read first. A change up to it was committed before the first customer was read, so a line shows it or
//! something later; a change beyond it is in the feed.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

use super::{
    caller::{Authorized, List},
    envelope::{SUCCESS, Success},
    error::{C2aError, failure_line},
    failures::{Always, ContinuesFeed, FailureResponses, ReadsCursor},
    response::AzotteCustomer,
};
use crate::domain::{
    caller::Caller, correlation_id::CorrelationId, feed::ExportCursor, field_error::FieldErrors,
};
use crate::http::{
    body::{lines, schema},
    failure::Failure,
    frame::correlation,
    limits::places::Place,
    openapi::query_parameter,
    query::{QueryPairs, note, whole_number},
    state::SharedApp,
};
use crate::service::storage_error::StorageError;

const MAX_LIMIT: u32 = 100_000;
const AFTER: &str = "^e1-[0-9a-f]{8}-(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,18})$";
/// Customers read at once: up to 24 KB each.
const PAGE: i64 = 250;
/// What is sent at once. A slow client must be able to take it within the time it has for a part of an answer.
const CHUNK_BYTES: usize = 64 * 1024;

/// What the query may hold, for the document.
struct ExportParams;

#[derive(Serialize)]
struct CursorLine {
    cursor: String,
    status: Success,
}

/// The receipt.
#[derive(Serialize)]
struct SummaryLine {
    summary: Summary,
    next: Option<String>,
    status: Success,
}

#[derive(Serialize)]
struct Summary {
    customers: i64,
}

/// Export all customers
///
/// Newline-delimited JSON. The first line holds the `cursor` from which the change feed goes on. Then a line for each
/// customer that is not erased, as `info` shows it but without `options`. The last line is the receipt: `summary` with
/// the number of customers, and `next`, which is the `after` of the call that goes on, or `null` at the end. Without it
/// the answer is not complete. Asks for the scope `customer.list`.
#[utoipa::path(
    get,
    path = "/export",
    params(ExportParams),
    responses(
        (status = 200, description = "The cursor, the customers, the receipt: a line each.", body = String, content_type = lines::MEDIA_TYPE,
            example = json!(example_lines())),
        FailureResponses<(Always, ReadsCursor, ContinuesFeed)>,
    ),
)]
pub async fn export(
    caller: Authorized<List>,
    State(app): State<SharedApp>,
    query: QueryPairs,
) -> Result<Response, C2aError> {
    let (after, limit) = export_query(&query)?;
    let place = app.exports.enter(caller.tenant_id()).ok_or(Failure::Unavailable)?;
    let cursor = app.feed.begin_export(&caller, after).await.map_err(Failure::from)?;
    // Holds a part of the answer, until the client has taken the one before.
    let (chunks, taken) = mpsc::channel(1);
    let export = Export {
        app,
        caller: Caller::clone(&caller),
        correlation_id: correlation::current(),
        chunks,
        buffer: Vec::new(),
        _place: place,
    };
    tokio::spawn(export.send(cursor, limit));
    let body = stream::unfold(taken, async |mut taken: mpsc::Receiver<Bytes>| {
        taken.recv().await.map(|chunk| (Ok::<_, Infallible>(chunk), taken))
    });
    Ok(([(header::CONTENT_TYPE, lines::MEDIA_TYPE)], Body::from_stream(body)).into_response())
}

/// An export on its way to the client.
struct Export {
    app: SharedApp,
    caller: Caller,
    correlation_id: CorrelationId,
    chunks: mpsc::Sender<Bytes>,
    buffer: Vec<u8>,
    _place: Place,
}

enum Stop {
    ClientGone,
    Failed(StorageError),
}

impl Export {
    /// A failure is the last line, in place of the receipt.
    async fn send(mut self, from: ExportCursor, limit: i64) {
        match self.send_customers(from, limit).await {
            Err(Stop::ClientGone) => return,
            Err(Stop::Failed(error)) => self.add(&failure_line(error.into(), self.correlation_id)),
            Ok(()) => {}
        }
        self.flush().await.ok();
    }

    async fn send_customers(&mut self, from: ExportCursor, limit: i64) -> Result<(), Stop> {
        let ExportCursor { began_at, after } = from;
        self.add(&CursorLine { cursor: began_at.to_string(), status: SUCCESS });
        self.flush().await?;
        let mut sent = 0;
        let mut next = Some(after);
        while let Some(after) = next.filter(|_| sent < limit) {
            let page = self.app.feed.export_page(&self.caller, after, PAGE.min(limit - sent)).await;
            let page = page.map_err(Stop::Failed)?;
            next = page.next;
            for customer in page.customers {
                self.add(&AzotteCustomer::from(customer));
                sent += 1;
                if self.buffer.len() >= CHUNK_BYTES {
                    self.flush().await?;
                }
            }
        }
        let next = next.map(|after| ExportCursor { began_at, after }.to_string());
        self.add(&SummaryLine { summary: Summary { customers: sent }, next, status: SUCCESS });
        Ok(())
    }

    fn add(&mut self, line: &impl Serialize) {
        let start = self.buffer.len();
        // These types always serialize.
        serde_json::to_writer(&mut self.buffer, line).ok();
        // JSON that was kept as sent may have line breaks. They are white space: a string has them escaped.
        for byte in &mut self.buffer[start..] {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.buffer.push(b'\n');
    }

    async fn flush(&mut self) -> Result<(), Stop> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        self.chunks.send(chunk).await.map_err(|_| Stop::ClientGone)
    }
}

fn export_query(query: &QueryPairs) -> Result<(Option<ExportCursor>, i64), C2aError> {
    let mut errors = FieldErrors::default();
    let after = note(query.first(&["after"], ExportCursor::parse), &mut errors);
    let limit = note(query.first(&["limit"], whole_number(1..=MAX_LIMIT)), &mut errors);
    if errors.is_empty() { Ok((after, limit.unwrap_or(MAX_LIMIT).into())) } else { Err(errors.into()) }
}

impl IntoParams for ExportParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let after = "`next` of the call before; from the beginning where it is missing.";
        let limit = "Customers at most; 100,000 where it is missing.";
        vec![
            query_parameter("after", after, schema::pattern(AFTER)).build(),
            query_parameter("limit", limit, schema::whole_number(1, MAX_LIMIT as usize)).build(),
        ]
    }
}

fn example_lines() -> String {
    let lines = [
        json!({ "cursor": "f1-9f3a1c02-42", "status": SUCCESS }),
        AzotteCustomer::example(),
        json!({ "summary": { "customers": 1 }, "next": null, "status": SUCCESS }),
    ];
    lines.map(|line| format!("{line}\n")).concat()
}
