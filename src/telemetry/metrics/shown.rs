//! What `/metrics` shows of each name before anything is counted: what it means, and 0.

use std::time::{SystemTime, UNIX_EPOCH};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use strum::VariantArray;

use super::*;
use crate::domain::customer_write::CustomerWrite;

/// Of a line of a bulk request.
const LINE_OUTCOMES: [&str; 7] =
    ["created", "updated", "unchanged", "existing", "stale", "deleted", "failed"];

pub(super) fn describe() {
    describe_counter!(
        REQUESTS,
        "Requests answered, by the route's template, method and status; 499: the client hung up."
    );
    describe_counter!(FAULTS, "Requests answered 500. Unlike their count by route it begins at 0.");
    describe_histogram!(DURATION, "Time from the head of a request to its answer.");
    describe_gauge!(IN_FLIGHT, "Requests let in whose answer is not yet written.");
    describe_counter!(
        SHED,
        "Requests refused with 503 because the server, or their tenant's share of it, was full."
    );
    describe_counter!(RATE_LIMITED, "Requests refused with 429 because their tenant was over its quota.");
    describe_counter!(CONFLICTS, "Requests answered 409, by messageCode or type.");
    describe_counter!(AUTH_FAILURES, "Requests whose credentials were refused, by the check that failed.");
    describe_counter!(
        LOOK_UPS_REFUSED,
        "Requests refused with 503 because their key was not known and too many such keys were asked for."
    );
    describe_gauge!(CONNECTIONS, "Client connections open.");
    describe_counter!(CONNECTIONS_REFUSED, "Client connections closed at once because there were too many.");
    describe_counter!(
        OPERATIONS,
        "Operations on customers that succeeded. Each writes an event, but an update or delete that changed nothing."
    );
    describe_gauge!(DB_CONNECTIONS, "Database connections open, by state.");
    describe_gauge!(DB_CONNECTIONS_MAX, "Database connections there may be.");
    describe_histogram!(QUEUE_WAIT, "Time that requests waited in the fair queue for a connection.");
    describe_gauge!(QUEUE_LENGTH, "Requests in the fair queue for a connection.");
    describe_histogram!(TRIP_QUESTIONS, "Questions that shared one trip to the database.");
    describe_histogram!(
        TRIP_WAIT,
        "Time until its trip began, of the question of a trip that waited longest."
    );
    describe_counter!(
        QUEUE_REFUSED,
        "Requests refused with 503 because they waited too long, or too many waited."
    );
    describe_counter!(
        DB_ERRORS,
        "Failures of the database, by kind; 'pool timed out': no connection in time."
    );
    describe_counter!(LOG_DROPPED, "Log lines dropped because the log was read too slowly.");
    describe_counter!(PLACED, "Events that this server gave a position in the feed.");
    describe_histogram!(PLACE, "Time of the transactions that gave positions.");
    describe_gauge!(WAITING_READERS, "Readers of the feed that wait for events.");
    describe_gauge!(EXPORTS, "Exports that are being sent.");
    describe_gauge!(COMPARES, "Drift checks that are being worked on.");
    describe_counter!(COMPARED, "Customers that drift checks have read.");
    describe_gauge!(IMPORTS, "Bulk requests under way.");
    describe_counter!(BULK_LINES, "Lines of bulk requests answered, by outcome, without those of dry runs.");
    describe_gauge!(BUILD, "1, with the version of the program.");
    describe_gauge!(START, "When the process began to count, in seconds since 1970.");
}

/// Shows 0 for what has not happened yet: an alert on the first failure needs a value to rise from.
pub(super) fn begin() {
    for name in
        [FAULTS, SHED, CONNECTIONS_REFUSED, QUEUE_REFUSED, LOOK_UPS_REFUSED, LOG_DROPPED, PLACED, COMPARED]
    {
        counter!(name).absolute(0);
    }
    for name in [IN_FLIGHT, CONNECTIONS, QUEUE_LENGTH, WAITING_READERS, EXPORTS, COMPARES, IMPORTS] {
        gauge!(name).set(0.0);
    }
    for surface in ["c2a", "partner"] {
        counter!(RATE_LIMITED, "surface" => surface).absolute(0);
    }
    for operation in CustomerWrite::VARIANTS {
        counter!(OPERATIONS, "operation" => operation.as_str()).absolute(0);
    }
    for outcome in LINE_OUTCOMES {
        counter!(BULK_LINES, "outcome" => outcome).absolute(0);
    }
    for kind in ["refusal", "connect", "io", "pool timed out", "silence"] {
        counter!(DB_ERRORS, "kind" => kind).absolute(0);
    }
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!(START).set(start.as_secs_f64());
}
