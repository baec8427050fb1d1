//! The failures of the database that any call can meet.

/// A failure that the caller did not cause. The cause is logged where it occurs, and never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// Not reachable, too busy, or the outcome of a commit is unknown: the same call may succeed later.
    #[error("the database is not available")]
    Unavailable,
    /// A statement was prepared for another schema, and not executed: on a new connection it fits.
    #[error("the statement is of another schema")]
    Outdated,
    /// The database refused the statement.
    #[error("the database refused the statement")]
    Refused,
}
