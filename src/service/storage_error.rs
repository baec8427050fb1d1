//! How the database can fail a caller, whatever the call was.

/// A failure that is not the caller's. The cause is logged where it is made, never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// Not reachable, too busy, or the outcome of a commit is unknown: the same call may succeed later.
    #[error("the database is not available")]
    Unavailable,
    /// The database answered and refused, for a reason of its own.
    #[error("the database refused the statement")]
    Refused,
}
