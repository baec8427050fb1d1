//! Whether the schema is the one of this program, and whose it is otherwise.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::{
    migrations,
    ownership::{self, NotOurs},
};

pub async fn check(connection: &mut PgConnection) -> Outcome {
    if matches!(migrations::is_complete(connection).await, Ok(true)) {
        return Outcome::fine("all applied");
    }
    match ownership::check(connection).await {
        Ok(()) => Outcome::wrong(
            "migrations_missing",
            "some are missing; run `azotte-customers migrate` or start the server",
        ),
        Err(error) => Outcome::wrong(code(&error), error.to_string()),
    }
}

fn code(error: &NotOurs) -> &'static str {
    match error {
        NotOurs::Foreign { .. } => "database_foreign",
        NotOurs::Encoding(_) => "database_encoding",
        NotOurs::Hidden => "migrations_hidden",
        NotOurs::NoSchema => "database_schema",
        NotOurs::Silent(_) => "database_silent",
    }
}
