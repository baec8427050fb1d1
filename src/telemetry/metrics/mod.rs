//! What `/metrics` shows: every name, what it counts, and the one way to count it.
//!
//! Each label has a short, fixed list of values: never a value of a caller, and never a tenant, because the number of
//! tenants has no limit. A process has one recorder; several servers in one process, as in tests, share it.

mod shown;

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::LazyLock,
    time::{Duration, Instant},
};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, set_global_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::domain::customer_write::CustomerWrite;

/// Seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Questions of one trip to the database.
const TRIP_BUCKETS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

const REQUESTS: &str = "azotte_http_requests_total";
const FAULTS: &str = "azotte_http_faults_total";
const DURATION: &str = "azotte_http_request_duration_seconds";
const IN_FLIGHT: &str = "azotte_http_requests_in_flight";
const SHED: &str = "azotte_http_requests_shed_total";
const RATE_LIMITED: &str = "azotte_http_requests_rate_limited_total";
const CONFLICTS: &str = "azotte_http_conflicts_total";
const AUTH_FAILURES: &str = "azotte_auth_failures_total";
const LOOK_UPS_REFUSED: &str = "azotte_auth_look_ups_refused_total";
const CONNECTIONS: &str = "azotte_http_connections";
const CONNECTIONS_REFUSED: &str = "azotte_http_connections_refused_total";
const OPERATIONS: &str = "azotte_customer_operations_total";
const DB_CONNECTIONS: &str = "azotte_db_connections";
const DB_CONNECTIONS_MAX: &str = "azotte_db_connections_max";
const QUEUE_WAIT: &str = "azotte_db_queue_wait_seconds";
const QUEUE_LENGTH: &str = "azotte_db_queue_length";
const TRIP_QUESTIONS: &str = "azotte_db_trip_questions";
const TRIP_WAIT: &str = "azotte_db_trip_wait_seconds";
const QUEUE_REFUSED: &str = "azotte_db_queue_refused_total";
const DB_ERRORS: &str = "azotte_db_errors_total";
const LOG_DROPPED: &str = "azotte_log_lines_dropped_total";
const PLACED: &str = "azotte_feed_placed_events_total";
const PLACE: &str = "azotte_feed_place_seconds";
const WAITING_READERS: &str = "azotte_feed_waiting_readers";
const EXPORTS: &str = "azotte_exports_in_progress";
const COMPARES: &str = "azotte_compares_in_progress";
const COMPARED: &str = "azotte_compare_rows_total";
const IMPORTS: &str = "azotte_bulk_in_progress";
const BULK_LINES: &str = "azotte_bulk_lines_total";
const BUILD: &str = "azotte_build_info";
const START: &str = "process_start_time_seconds";

static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(install);

/// Database connections of a server, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occupancy {
    pub in_use: usize,
    pub idle: usize,
    pub max: u32,
}

/// The source of `/metrics`.
pub struct Metrics {
    recorder: PrometheusHandle,
    occupancy: Box<dyn Fn() -> Occupancy + Send + Sync>,
}

impl Metrics {
    /// The process counts from its first `Metrics` on. `occupancy` is called by each [`Self::render`].
    pub fn new(occupancy: impl Fn() -> Occupancy + Send + Sync + 'static) -> Self {
        Self { recorder: RECORDER.clone(), occupancy: Box::new(occupancy) }
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        let Occupancy { in_use, idle, max } = (self.occupancy)();
        gauge!(DB_CONNECTIONS, "state" => "idle").set(idle as f64);
        gauge!(DB_CONNECTIONS, "state" => "in_use").set(in_use as f64);
        gauge!(DB_CONNECTIONS_MAX).set(max);
        self.recorder.render()
    }
}

/// Keeps histograms from growing between two scrapes. Never returns.
pub async fn upkeep() {
    let mut period = tokio::time::interval(Duration::from_secs(5));
    loop {
        period.tick().await;
        RECORDER.run_upkeep();
    }
}

pub fn request(route: &'static str, method: &'static str, status: u16, took: Duration) {
    if status == 500 {
        counter!(FAULTS).increment(1);
    }
    REQUEST_METRICS.with_borrow_mut(|known| {
        let metrics = known
            .entry((route, method, status))
            .or_insert_with(|| RequestMetrics::new(route, method, status));
        metrics.count.increment(1);
        metrics.duration.record(took);
    });
}

/// Where requests with the same labels are counted. To find it by its labels costs more than to count.
struct RequestMetrics {
    count: Counter,
    duration: Histogram,
}

impl RequestMetrics {
    fn new(route: &'static str, method: &'static str, status: u16) -> Self {
        LazyLock::force(&RECORDER);
        Self {
            count: counter!(REQUESTS, "route" => route, "method" => method, "status" => status.to_string()),
            duration: histogram!(DURATION, "route" => route, "method" => method),
        }
    }
}

thread_local! {
    /// By route, method and status: as many as the recorder has.
    static REQUEST_METRICS: RefCell<HashMap<(&'static str, &'static str, u16), RequestMetrics>> =
        RefCell::default();
}

/// A method as a label. Clients can invent methods, so unknown ones share a label.
pub fn method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Increments a gauge while it is alive.
pub struct Present(Gauge);

impl Present {
    pub fn request() -> Self {
        static IN_FLIGHT_GAUGE: LazyLock<Gauge> = LazyLock::new(|| {
            LazyLock::force(&RECORDER);
            gauge!(IN_FLIGHT)
        });
        Self::in_(IN_FLIGHT_GAUGE.clone())
    }

    pub fn connection() -> Self {
        Self::in_(gauge!(CONNECTIONS))
    }

    pub fn waiting_reader() -> Self {
        Self::in_(gauge!(WAITING_READERS))
    }

    pub fn export() -> Self {
        Self::in_(gauge!(EXPORTS))
    }

    pub fn compare() -> Self {
        Self::in_(gauge!(COMPARES))
    }

    pub fn import() -> Self {
        Self::in_(gauge!(IMPORTS))
    }

    fn in_(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

pub fn shed() {
    counter!(SHED).increment(1);
}

pub fn rate_limited(surface: &'static str) {
    counter!(RATE_LIMITED, "surface" => surface).increment(1);
}

pub fn conflict(surface: &'static str, code: &'static str) {
    counter!(CONFLICTS, "surface" => surface, "code" => code).increment(1);
}

pub fn auth_failure(surface: &'static str, status: u16, reason: &'static str) {
    counter!(AUTH_FAILURES, "surface" => surface, "status" => status.to_string(), "reason" => reason)
        .increment(1);
}

/// Shows 0 until it happens: a rate on the first refusal needs a value to rise from.
pub fn announce_auth_failure(surface: &'static str, status: u16, reason: &'static str) {
    counter!(AUTH_FAILURES, "surface" => surface, "status" => status.to_string(), "reason" => reason)
        .increment(0);
}

pub fn look_up_refused() {
    counter!(LOOK_UPS_REFUSED).increment(1);
}

pub fn connection_refused() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

pub fn succeeded(operation: CustomerWrite) {
    counter!(OPERATIONS, "operation" => operation.as_str()).increment(1);
}

pub fn database_error(kind: &'static str) {
    counter!(DB_ERRORS, "kind" => kind).increment(1);
}

/// A line of a bulk request with this outcome; that of a dry run does not count.
pub fn bulk_line(outcome: &'static str) {
    counter!(BULK_LINES, "outcome" => outcome).increment(1);
}

/// Of one transaction that gave positions to events.
pub fn placed(events: u64, took: Duration) {
    counter!(PLACED).increment(events);
    histogram!(PLACE).record(took);
}

/// Customers that a drift check has read.
pub fn compared(rows: u64) {
    counter!(COMPARED).increment(rows);
}

pub fn queue_refused() {
    counter!(QUEUE_REFUSED).increment(1);
}

/// A trip to the database with so many questions, of which one has waited so long.
pub fn trip(questions: usize, longest_wait: Duration) {
    histogram!(TRIP_QUESTIONS).record(questions as f64);
    histogram!(TRIP_WAIT).record(longest_wait);
}

pub fn log_line_dropped() {
    counter!(LOG_DROPPED).increment(1);
}

/// Times the wait in the fair queue, until it is dropped.
pub struct Wait {
    since: Instant,
    _present: Present,
}

impl Wait {
    pub fn begin() -> Self {
        Self { since: Instant::now(), _present: Present::in_(gauge!(QUEUE_LENGTH)) }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        histogram!(QUEUE_WAIT).record(self.since.elapsed());
    }
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).and_then(|builder| {
        builder.set_buckets_for_metric(Matcher::Full(TRIP_QUESTIONS.to_owned()), &TRIP_BUCKETS)
    });
    let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
    let handle = recorder.handle();
    if set_global_recorder(recorder).is_err() {
        tracing::error!("metrics are recorded elsewhere: /metrics stays empty");
    }
    shown::describe();
    shown::begin();
    handle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_500_is_counted_beside_its_route_from_0_on() {
        let metrics = Metrics::new(Default::default);
        let faults = || {
            let shown = metrics.render();
            let line = shown.lines().find(|line| line.starts_with(&format!("{FAULTS} ")));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        };
        let before = faults().expect("a count before the first fault");

        request("/here", "GET", 200, Duration::ZERO);
        request("/here", "GET", 500, Duration::ZERO);

        assert_eq!(faults(), Some(before + 1));
    }
}
