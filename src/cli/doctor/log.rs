//! Whether PostgreSQL's own log would quote what customers hold. Wrong where they are real, else a warning.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::domain::environment::Environment;
use crate::postgres::log_settings;

pub async fn check(connection: &mut PgConnection, environment: Environment) -> Outcome {
    let Ok(talkative) = log_settings::talkative(&mut *connection).await else { return Outcome::silent() };
    let Ok(workers) = log_settings::talkative_workers(connection).await else { return Outcome::silent() };
    let message = match (talkative.is_empty(), workers.is_empty()) {
        (true, true) => return Outcome::fine("PostgreSQL's log quotes no values of customers"),
        (false, _) => log_settings::advice(&talkative),
        (true, false) => log_settings::advice_on_workers(&workers),
    };
    match environment {
        Environment::Live => Outcome::wrong("log_quotes_values", message),
        Environment::Sandbox => Outcome::warning("log_quotes_values", message),
    }
}
