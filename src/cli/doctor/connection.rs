//! The database server, once it answers: its version, and the encoding of the database.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::{ownership, settings};

pub async fn check(connection: &mut PgConnection) -> Outcome {
    let Ok(server) = settings::read(&mut *connection).await else { return Outcome::silent() };
    match ownership::check_encoding(connection).await {
        Ok(()) if server.is_read_only => Outcome::wrong(
            "database_read_only",
            "the database takes no writes: it is a standby, or read-only; let DATABASE_URL name the primary",
        ),
        Ok(()) => Outcome::Fine(format!("PostgreSQL {}", server.version)),
        Err(error) => Outcome::wrong("database_encoding", error.to_string()),
    }
}
