//! Whether the database's user may do what a server does, and no more than it should where customers are real.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::domain::environment::Environment;
use crate::postgres::privileges::{self, Role};

pub async fn check(connection: &mut PgConnection, environment: Environment) -> Outcome {
    let Ok(missing) = privileges::missing(connection).await else { return Outcome::silent() };
    if !missing.is_empty() {
        let message = format!(
            "the user of DATABASE_URL lacks {}: calls would fail; run docs/least-privilege.sql as the owner",
            missing.join(", ")
        );
        return Outcome::wrong("privileges_missing", message);
    }
    let Ok(role) = privileges::role(connection).await else { return Outcome::silent() };
    match (environment, role) {
        (Environment::Sandbox, _) | (Environment::Live, Role::Ordinary) => {
            Outcome::fine("the database's user may do what a server does")
        }
        (Environment::Live, Role::Superuser) => Outcome::wrong(
            "role_superuser",
            "the user of DATABASE_URL is a superuser: run the server as a role of docs/least-privilege.sql",
        ),
        (Environment::Live, Role::Owner) => Outcome::warning(
            "role_owner",
            "the user of DATABASE_URL owns the tables: run the server as a role of docs/least-privilege.sql",
        ),
    }
}
