//! Settings that are read, and variables that are not.

use super::{Given, finding::Outcome};
use crate::config::Config;

pub fn check(config: &Config, given: &Given) -> Outcome {
    if let Err(unsaid) = given.environment {
        return Outcome::wrong("environment_unsaid", unsaid.to_string());
    }
    if !given.unknown_variables.is_empty() {
        return Outcome::wrong("setting_unknown", given.unknown_variables.join("; "));
    }
    let database = if config.database_url.is_some() { "DATABASE_URL" } else { "embedded" };
    Outcome::Fine(format!(
        "environment {}, cell {}, database {database}",
        config.environment.as_str(),
        config.cell
    ))
}
