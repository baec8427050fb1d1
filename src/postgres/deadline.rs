//! The longest time that a call waits for the database, whatever has become of the database.
//!
//! The server's own time-outs end statements that take too long. They do not help when the connection is silent:
//! frozen, cut without notice, or too slow to be of use. Then the call is dropped here with its connection, which
//! is closed, because its state is unknown.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

use crate::service::storage_error::StorageError;

/// What `call` returns, or [`StorageError::Unavailable`] once `limit` has passed.
pub(super) async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Result<T, StorageError> {
    timeout(limit, call).await.map_err(|_| {
        tracing::error!(kind = "silence", "the database did not answer in time");
        StorageError::Unavailable
    })
}
