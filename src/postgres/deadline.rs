//! The longest time that a call waits for the database, whatever has become of the database.
//!
//! The server's own time-outs end statements that take too long. They do not help when the connection is silent:
//! frozen, cut without notice, or too slow to be of use. Then the call is dropped here with its connection, which
//! is closed, because its state is unknown.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

use crate::service::storage_error::StorageError;
use crate::telemetry::metrics;

/// The kind of this failure, in the log and in the metrics.
const SILENCE: &str = "silence";

/// What `call` returns, or [`StorageError::Unavailable`] once `limit` has passed.
pub(super) async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Result<T, StorageError> {
    timeout(limit, call).await.map_err(|_| {
        metrics::database_error(SILENCE);
        tracing::error!(kind = SILENCE, "the database did not answer in time");
        StorageError::Unavailable
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn silence_is_counted_and_its_count_begins_at_0() {
        let metrics = metrics::Metrics::new(Default::default);
        let counted = || {
            let shown = metrics.render();
            let line =
                shown.lines().find(|line| line.starts_with(r#"azotte_db_errors_total{kind="silence"}"#));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        };
        let before = counted().expect("a count before the first silence");

        let outcome = within(Duration::from_millis(1), std::future::pending::<()>()).await;

        assert!(matches!(outcome, Err(StorageError::Unavailable)));
        assert!(counted().unwrap() > before);
    }
}
