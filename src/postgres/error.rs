//! `sqlx::Error` → [`StorageError`], with one log line for each failure.
//!
//! The message of a database error can quote row values, so only its SQLSTATE and constraint are logged.

use sqlx::postgres::PgDatabaseError;

use super::{connecting, pool::Failure};
use crate::service::{
    customers::CustomersError, feed::FeedError, partners::PartnersError, storage_error::StorageError,
};
use crate::telemetry::metrics;

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let kind = classify(&error);
        let refusal = connecting::cause(&error).unwrap_or(&error).as_database_error();
        metrics::database_error(name(&error));
        tracing::error!(
            kind = name(&error),
            sqlstate = refusal.and_then(|refusal| refusal.code()).as_deref(),
            constraint = refusal.and_then(|refusal| refusal.constraint()),
            "{kind}"
        );
        kind
    }
}

impl From<sqlx::Error> for CustomersError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<sqlx::Error> for PartnersError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<sqlx::Error> for FeedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Failure for StorageError {
    fn storage_error(&self) -> Option<StorageError> {
        Some(*self)
    }
}

impl Failure for CustomersError {
    fn storage_error(&self) -> Option<StorageError> {
        if let Self::Storage(error) = self { Some(*error) } else { None }
    }
}

impl Failure for PartnersError {
    fn storage_error(&self) -> Option<StorageError> {
        if let Self::Storage(error) = self { Some(*error) } else { None }
    }
}

impl Failure for FeedError {
    fn storage_error(&self) -> Option<StorageError> {
        if let Self::Storage(error) = self { Some(*error) } else { None }
    }
}

/// Whether the database takes no writes, as a standby.
pub fn is_read_only(error: &sqlx::Error) -> bool {
    sqlstate(error).as_deref() == Some("25006")
}

/// Whether the database has no connection left for this user.
pub fn has_no_connection_left(error: &sqlx::Error) -> bool {
    sqlstate(error).as_deref() == Some("53300")
}

/// Whether the statement was prepared for another schema: a column that it returns has another type by now.
///
/// The message is in the language of the server, so the place in its source tells. Nothing was executed.
pub fn is_outdated(error: &sqlx::Error) -> bool {
    let refusal = error.as_database_error().and_then(|refusal| refusal.try_downcast_ref::<PgDatabaseError>());
    refusal.is_some_and(|refusal| {
        refusal.code() == "0A000" && refusal.routine() == Some("RevalidateCachedQuery")
    })
}

/// Whether a unique value is taken. Which one, a look-up finds: the name of the constraint depends on the order of indexes, and
/// on Citus on the shard.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refusal| refusal.is_unique_violation())
}

/// Whether the statement was rolled back in favour of another transaction, and can be sent again.
pub fn is_serialization_failure(error: &sqlx::Error) -> bool {
    matches!(sqlstate(error).as_deref(), Some("40001" | "40P01"))
}

/// Whether the database refused the statement and keeps the session. Classes 08, 57 and 58 are about the session or the
/// server: PostgreSQL manual, appendix A. 57014 is a statement that was cancelled.
pub fn is_refusal(error: &sqlx::Error) -> bool {
    let Some(code) = sqlstate(error) else { return false };
    code == "57014" || !["08", "57", "58"].iter().any(|class| code.starts_with(class))
}

fn classify(error: &sqlx::Error) -> StorageError {
    match error {
        sqlx::Error::Database(_) => match sqlstate(error).as_deref() {
            Some(code) if is_temporary(code) => StorageError::Unavailable,
            _ if is_outdated(error) => StorageError::Outdated,
            _ => StorageError::Refused,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StorageError::Unavailable,
        _ => StorageError::Refused,
    }
}

/// SQLSTATEs of a database that is unreachable, restarting, read-only, full or too busy: PostgreSQL manual, appendix A.
fn is_temporary(code: &str) -> bool {
    const CLASSES: [&str; 4] = ["08", "53", "57", "58"];
    const CODES: [&str; 5] = ["25006", "40001", "40P01", "55P03", "3D000"];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|refusal| refusal.code()).map(|code| code.into_owned())
}

fn name(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Database(_) => "refusal",
        sqlx::Error::Io(_) if connecting::cause(error).is_some() => "connect",
        sqlx::Error::Io(_) => "io",
        sqlx::Error::Tls(_) => "tls",
        sqlx::Error::Protocol(_) => "protocol",
        sqlx::Error::PoolTimedOut => "pool timed out",
        sqlx::Error::PoolClosed => "pool closed",
        sqlx::Error::RowNotFound => "no row",
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => "decode",
        _ => "other",
    }
}
