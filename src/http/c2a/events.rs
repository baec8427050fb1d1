//! The change feed: what happened to the tenant's customers, in an order that does not change.

use std::time::Duration;

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        RefOr,
        path::{Parameter, ParameterIn},
        schema::Schema,
    },
};

use super::{
    caller::{Authorized, Read},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    event_view::EventView,
    failures::{Always, ContinuesFeed, FailureResponses, ReadsCursor},
};
use crate::domain::{feed::Cursor, field_error::FieldErrors, problem::Problem};
use crate::http::{
    body::schema,
    limits::in_flight::Slot,
    openapi::query_parameter,
    query::{QueryPairs, note, whole_number},
    state::SharedApp,
};
use crate::service::feed::{EventsPage, EventsQuery, Start};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;
const MAX_WAIT_S: u32 = 30;
const OLDEST: &str = "oldest";
const LATEST: &str = "latest";
const CUSTOMER: &str = "customer";
const AFTER: &str = "^(oldest|latest|f1-[0-9a-f]{8}-(0|[1-9][0-9]{0,17}))$";

/// What the query may hold, for the document.
struct EventsParams;

#[derive(Serialize, ToSchema)]
pub struct CustomerEventsResponse {
    result: EventsView,
    status: Success,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventsView {
    events: Vec<EventView>,
    /// `after` of the next call: behind the last event here. There is always one.
    cursor: String,
    /// Whether the next call finds more at once. A page can be shorter than `limit` and still have more behind it.
    has_more: bool,
    /// How many events are beyond this page; those of this very moment may not be counted.
    behind: i64,
}

/// Read the change feed
///
/// Every change of the tenant's customers in one order: positions are 1, 2, 3, … without gaps, and the events of one
/// customer come in the order of its versions. Keep the `cursor` of each answer together with what you make of it.
/// Apply a customer only if its `version` is newer than yours. `customer.deleted` names the URN alone. Asks for the
/// scope `customer.read`.
#[utoipa::path(
    get,
    path = "/events",
    params(EventsParams),
    responses(
        (status = 200, description = "Events beyond the cursor, or none.", body = CustomerEventsResponse, content_type = CONTENT_TYPE,
            example = json!(example_response())),
        FailureResponses<(Always, ReadsCursor, ContinuesFeed)>,
    ),
)]
pub async fn events(
    caller: Authorized<Read>,
    State(app): State<SharedApp>,
    Extension(slot): Extension<Slot>,
    query: QueryPairs,
) -> Result<Response, C2aError> {
    let (query, wait) = events_query(&query)?;
    let page = app.readers.read(&*app.feed, &caller, &slot, query, wait).await?;
    Ok(Envelope(CustomerEventsResponse { result: page.into(), status: SUCCESS }).into_response())
}

/// Every parameter is looked at, so that all errors are told at once.
fn events_query(query: &QueryPairs) -> Result<(EventsQuery, Duration), C2aError> {
    let mut errors = FieldErrors::default();
    let start = note(query.first(&["after"], start), &mut errors);
    let limit = note(query.first(&["limit"], whole_number(0..=MAX_LIMIT)), &mut errors);
    let wait = note(query.first(&["wait"], whole_number(0..=MAX_WAIT_S)), &mut errors);
    let customers = note(query.first(&["include"], included), &mut errors);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let query = EventsQuery {
        start: start.unwrap_or(Start::Oldest),
        limit: limit.unwrap_or(DEFAULT_LIMIT).into(),
        with_customers: customers.is_some(),
    };
    Ok((query, Duration::from_secs(wait.unwrap_or_default().into())))
}

fn start(text: &str) -> Result<Start, Problem> {
    match text {
        OLDEST => Ok(Start::Oldest),
        LATEST => Ok(Start::Latest),
        cursor => Cursor::parse(cursor).map(Start::After),
    }
}

fn included(text: &str) -> Result<(), Problem> {
    if text == CUSTOMER { Ok(()) } else { Err(Problem::NotInList { allowed: &[CUSTOMER] }) }
}

impl From<EventsPage> for EventsView {
    fn from(page: EventsPage) -> Self {
        let EventsPage { events, cursor, has_more, behind } = page;
        Self {
            events: events.into_iter().map(EventView::from).collect(),
            cursor: cursor.to_string(),
            has_more,
            behind,
        }
    }
}

impl IntoParams for EventsParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameters: [(&str, &str, RefOr<Schema>); 4] = [
            (
                "after",
                "The `cursor` of an earlier answer, or of an export. `oldest`, and nothing: from the oldest event \
                 that is kept. `latest`: from now on.",
                schema::pattern(AFTER).into(),
            ),
            (
                "limit",
                "Events at most; 100 where it is missing. With `include` an answer holds 200 at most. 0 with `latest`: \
                 just a cursor.",
                schema::whole_number(0, MAX_LIMIT as usize).into(),
            ),
            (
                "wait",
                "Seconds to wait for an event where there is none; the answer comes with the first, or empty when \
                 the time is up. Where too many wait already it counts as 0.",
                schema::whole_number(0, MAX_WAIT_S as usize).into(),
            ),
            (
                "include",
                "`customer`: each event with its customer as it is now, which may be a later version.",
                schema::one_of(&[CUSTOMER]).into(),
            ),
        ];
        let parameters = parameters.into_iter();
        parameters
            .map(|(name, description, schema)| query_parameter(name, description, schema).build())
            .collect()
    }
}

fn example_response() -> Value {
    json!({
        "result": { "events": EventView::examples(), "cursor": "f1-9f3a1c02-42", "hasMore": false, "behind": 0 },
        "status": { "messageCode": "SUCCESS" }
    })
}
