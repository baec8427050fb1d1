//! Many writes in one request: a line each in, a line each out.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        path::{Parameter, ParameterIn},
    },
};

use super::{
    bulk_import::{Import, Imported},
    caller::{Authorized, WriteOrDelete},
    envelope::SUCCESS,
    error::C2aError,
    failures::{Always, FailureResponses, ReadsLines},
};
use crate::domain::{
    bulk::Mode,
    field_error::{FieldError, FieldErrors},
    problem::Problem,
};
use crate::http::{
    body::{
        inspect::plain_name,
        lines::{self, Lines},
        schema, unrecognized,
    },
    failure::Failure,
    limits::in_flight::Slot,
    openapi::query_parameter,
    query::{QueryPairs, note, whole_number},
    state::SharedApp,
};

const DRY_RUN: &str = "dryRun";
const STOP_AFTER: &str = "stopAfter";
const MAX_STOP_AFTER: u32 = 10_000;
/// Headers of other writes, which would be of no effect here.
const NOT_SUPPORTED: [&str; 2] = ["Idempotency-Key", "If-Match"];

/// What the query may hold, for the document.
struct BulkParams;

/// The body, for the document.
struct LinesOfJson;

/// Carry out many writes
///
/// Newline-delimited JSON, at most 10,000 lines and 16 MiB, a line at most 64 KiB. A line is the body of `store`, `update` or
/// `delete`, with `operation` beside it, and `ref` (1 to 64 characters) if its answer is to repeat one. Each line is answered
/// by a line, with the `status` that its own call would have; a line that fails does not touch the others. The last line is
/// the receipt: without it, send the lines that have no answer again. Asks for the scope `customer.write` or
/// `customer.delete`; a line that needs the other one fails.
///
/// Lines are carried out in batches of 500. The lines of one customer keep their order; the e-mail addresses and phone numbers
/// of a batch are judged as they are at its end.
#[utoipa::path(
    post,
    path = "/bulk",
    params(BulkParams),
    request_body(content = inline(LinesOfJson), content_type = lines::MEDIA_TYPE, example = json!(example_request())),
    responses(
        (status = 200, description = "The answers, and the receipt: a line each.", body = String, content_type = lines::MEDIA_TYPE,
            example = json!(example_response())),
        FailureResponses<(Always, ReadsLines)>,
    ),
)]
pub async fn bulk(
    caller: Authorized<WriteOrDelete>,
    State(app): State<SharedApp>,
    query: QueryPairs,
    request: Request,
) -> Result<Response, C2aError> {
    let (parts, body) = request.into_parts();
    let body = Lines::of(&parts.headers, body, app.imports.patience)?;
    let (mode, stop_after) = options(&query, &parts.headers)?;
    let place = app.imports.places.enter(caller.tenant_id()).ok_or(Failure::Unavailable)?;
    if let Some(slot) = parts.extensions.get::<Slot>() {
        slot.give_up();
    }
    let Imported { mut answers, unrecognized, end } =
        Import::new(app, caller, mode, stop_after, body).run().await;
    unrecognized::note(|found| *found = unrecognized);
    match end {
        Err(failure) if answers.is_empty() => return Err(failure.into()),
        end => answers.end(end),
    }
    Ok(([(header::CONTENT_TYPE, lines::MEDIA_TYPE)], answers.into_body(place)).into_response())
}

/// A misspelled `dryRun` must not be one write.
fn options(query: &QueryPairs, headers: &HeaderMap) -> Result<(Mode, Option<u32>), FieldErrors> {
    let mut errors = FieldErrors::default();
    let unknown = query.unknown(|name| [DRY_RUN, STOP_AFTER].contains(&name)).map(plain_name);
    let headers = NOT_SUPPORTED.into_iter().filter(|name| headers.contains_key(*name));
    errors.extend(headers.chain(unknown).map(|name| FieldError::new(name, Problem::NotSupported)));
    let mode = note(query.first(&[DRY_RUN], mode), &mut errors);
    let stop_after = note(query.first(&[STOP_AFTER], whole_number(1..=MAX_STOP_AFTER)), &mut errors);
    if errors.is_empty() { Ok((mode.unwrap_or(Mode::Write), stop_after)) } else { Err(errors) }
}

fn mode(text: &str) -> Result<Mode, Problem> {
    match text {
        "true" => Ok(Mode::DryRun),
        "false" => Ok(Mode::Write),
        _ => Err(Problem::NotInList { allowed: &["true", "false"] }),
    }
}

impl PartialSchema for LinesOfJson {
    fn schema() -> RefOr<Schema> {
        schema::bytes().into()
    }
}

impl ToSchema for LinesOfJson {}

impl IntoParams for BulkParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let dry_run = "`true`: everything is judged and answered, and nothing is written.";
        let stop_after = "After so many failed lines no further batch is begun.";
        vec![
            query_parameter(DRY_RUN, dry_run, schema::one_of(&["true", "false"])).build(),
            query_parameter(STOP_AFTER, stop_after, schema::whole_number(1, MAX_STOP_AFTER as usize)).build(),
        ]
    }
}

fn example_request() -> String {
    let lines = [
        json!({
            "ref": "r-1",
            "operation": "store",
            "onConflict": "update",
            "sourceVersion": 1764200000123_i64,
            "customer": { "externalIdentifier": "crm-1", "email": "jane.doe@example.com" },
            "claimedRegion": { "countryCode": "DE", "languageCode": "de" }
        }),
        json!({
            "ref": "r-2",
            "operation": "update",
            "customer": { "externalIdentifier": "crm-2", "email": null }
        }),
        json!({ "ref": "r-3", "operation": "delete", "customerUrn": "cu.00.482" }),
    ];
    lines.map(|line| format!("{line}\n")).concat()
}

fn example_response() -> String {
    let lines = [
        json!({
            "line": 1, "ref": "r-1", "outcome": "created", "customerUrn": "cu.00.483", "version": 1,
            "status": SUCCESS
        }),
        json!({
            "line": 2, "ref": "r-2", "outcome": "updated", "customerUrn": "cu.00.481", "version": 5,
            "status": SUCCESS
        }),
        json!({
            "line": 3, "ref": "r-3", "outcome": "deleted", "customerUrn": "cu.00.482", "version": 4,
            "status": SUCCESS
        }),
        json!({
            "summary": {
                "lines": 3, "created": 1, "updated": 1, "unchanged": 0, "existing": 0, "stale": 0, "deleted": 1,
                "failed": 0
            },
            "status": SUCCESS
        }),
    ];
    lines.map(|line| format!("{line}\n")).concat()
}
