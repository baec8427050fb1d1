//! The process of the database server that serves a connection.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

/// Its number may be another's once it has ended, but not with this start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Backend {
    pub pid: i32,
    pub started_at: DateTime<Utc>,
}

/// Of the session that asks.
pub const OWN: &str =
    "select pid, backend_start as started_at from pg_stat_activity where pid = pg_backend_pid()";

/// Ends those of `$1` and `$2`, and returns the ones that were still there. It reads nothing but the server's memory. Not by
/// a condition: one may be asked of more rows than the statement returns.
pub const END: &str = "select pid, backend_start as started_at, pg_terminate_backend(pid) as is_told
    from pg_stat_activity
    join unnest($1::int[], $2::timestamptz[]) as given_up (pid, backend_start) using (pid, backend_start)";
