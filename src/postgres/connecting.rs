//! A connection that could not be made: the database is not there for us, whatever it says.
//!
//! A changed password, a dropped database or too many connections are no fault of the request that met them, and are mended
//! without it. So they are told apart from errors of statements, which may have the same codes.

use std::io;

#[derive(Debug, thiserror::Error)]
#[error("no connection could be made")]
pub struct ConnectFailed(#[source] sqlx::Error);

/// `error` of a connection that was being made, as one that [`cause`] finds.
pub fn failed(error: sqlx::Error) -> sqlx::Error {
    sqlx::Error::Io(io::Error::other(ConnectFailed(error)))
}

/// What kept the connection from being made, if that is what `error` is about.
pub fn cause(error: &sqlx::Error) -> Option<&sqlx::Error> {
    let sqlx::Error::Io(error) = error else { return None };
    let failed: &ConnectFailed = error.get_ref()?.downcast_ref()?;
    Some(&failed.0)
}
