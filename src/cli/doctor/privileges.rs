//! Whether the database's user may do what a server does, and no more than it should where customers are real.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::domain::environment::Environment;
use crate::postgres::privileges::{self, Role};

pub async fn check(connection: &mut PgConnection, environment: Environment, removes_events: bool) -> Outcome {
    let Ok(missing) = privileges::missing(connection).await else { return Outcome::silent() };
    if !missing.is_empty() {
        let message = format!(
            "the user of DATABASE_URL lacks {}: calls would fail; run docs/least-privilege.sql as the owner",
            missing.join(", ")
        );
        return Outcome::wrong("privileges_missing", message);
    }
    if removes_events && matches!(privileges::may_remove_events(connection).await, Ok(false)) {
        return Outcome::wrong(
            "privileges_events",
            "AZOTTE_EVENTS_KEPT_DAYS is set, and the user of DATABASE_URL lacks delete on customer_events: no event \
             would be removed; grant it as the owner",
        );
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
