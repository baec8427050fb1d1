//! Why no connection to the database can be made, each cause in one sentence that says what to do.
//!
//! The text of the error itself is left out: it may repeat parts of DATABASE_URL.

use std::io::ErrorKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    #[error("the database refuses the user or its password; check DATABASE_URL")]
    Login,
    #[error("there is no database of this name; check DATABASE_URL, or create it")]
    NoDatabase,
    #[error("the user may not connect to this database; check DATABASE_URL, or grant connect on it")]
    NotAllowed,
    #[error(
        "there is no host of this name; check DATABASE_URL: in a password write # as %23, / as %2F, ? as %3F, @ as %40"
    )]
    NoHost,
    #[error("no PostgreSQL listens at the database's address; check DATABASE_URL, and that PostgreSQL runs")]
    Refused,
    #[error("there is no socket of PostgreSQL in this folder; check DATABASE_URL, and that PostgreSQL runs")]
    NoSocket,
    #[error("the database's TLS does not fit; check sslmode and sslrootcert in DATABASE_URL")]
    Tls,
    #[error("the database starts, stops or recovers; try again, and look at its log")]
    NotYet,
    #[error("the database has no connection left; check its max_connections and who uses them")]
    Full,
    #[error(
        "the database does not answer; check DATABASE_URL, and that PostgreSQL runs and lets this user in"
    )]
    Silent,
}

impl Unreachable {
    /// For programs, and never changed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Login => "database_login",
            Self::NoDatabase => "database_unknown",
            Self::NotAllowed => "database_not_allowed",
            Self::NoHost => "database_host",
            Self::Refused => "database_refused",
            Self::NoSocket => "database_socket",
            Self::Tls => "database_tls",
            Self::NotYet => "database_starting",
            Self::Full => "database_full",
            Self::Silent => "database_silent",
        }
    }

    /// Of an error while connecting.
    pub fn from_error(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refusal) => match refusal.code().as_deref() {
                Some("28P01" | "28000") => Self::Login,
                Some("3D000") => Self::NoDatabase,
                Some("42501") => Self::NotAllowed,
                Some("53300") => Self::Full,
                Some("57P01" | "57P02" | "57P03") => Self::NotYet,
                _ => Self::Silent,
            },
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::Io(cause) => match cause.kind() {
                ErrorKind::ConnectionRefused => Self::Refused,
                ErrorKind::NotFound => Self::NoSocket,
                // The standard library has no public kind for a failed look-up.
                _ if cause.to_string().contains("lookup address") => Self::NoHost,
                _ => Self::Silent,
            },
            _ => Self::Silent,
        }
    }
}
