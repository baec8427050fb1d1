//! Whether PostgreSQL's own log would quote what customers hold. Wrong where they are real, else a warning.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::domain::environment::Environment;
use crate::postgres::log_settings;

pub async fn check(connection: &mut PgConnection, environment: Environment) -> Outcome {
    let Ok(talkative) = log_settings::talkative(connection).await else { return Outcome::silent() };
    if talkative.is_empty() {
        return Outcome::fine("PostgreSQL's log quotes no values of customers");
    }
    let message = log_settings::advice(&talkative);
    match environment {
        Environment::Live => Outcome::wrong("log_quotes_values", message),
        Environment::Sandbox => Outcome::warning("log_quotes_values", message),
    }
}
