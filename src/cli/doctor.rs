//! `doctor`: checks what a server needs, and says what to do about what is missing.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::output::Output;
use crate::config::{Config, EnvironmentUnsaid};
use crate::database::Database;
use crate::postgres::{health, settings};
use crate::service::health::NotReady;

/// The outcome of one check.
struct Finding {
    check: &'static str,
    /// `Err` holds what is wrong and what to do.
    outcome: Result<String, String>,
}

/// Exit code 0 where everything is well, 1 otherwise.
pub async fn run(
    config: &Config,
    environment: Result<(), EnvironmentUnsaid>,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let mut findings = vec![Finding {
        check: "configuration",
        outcome: environment.map(|()| describe(config)).map_err(|error| error.to_string()),
    }];
    match Database::open(config).await {
        Ok(database) => findings.extend(examine(&database.pool).await),
        Err(error) => findings.push(Finding { check: "database", outcome: Err(format!("{error:#}")) }),
    }
    let rows: Vec<Value> = findings.iter().map(json_of).collect();
    output.list(&rows, &[("Check", "check"), ("", "status"), ("", "message")]);
    let is_well = findings.iter().all(|finding| finding.outcome.is_ok());
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(config: &Config) -> String {
    let database = if config.database_url.is_some() { "DATABASE_URL" } else { "embedded" };
    format!("environment {}, cell {}, database {database}", config.environment.as_str(), config.cell)
}

async fn examine(pool: &PgPool) -> Vec<Finding> {
    let server = match settings::read(pool).await {
        Ok(server) => server,
        Err(_) => {
            let advice =
                "does not answer; check DATABASE_URL, and that PostgreSQL runs and lets this user in";
            return vec![Finding { check: "database", outcome: Err(advice.to_owned()) }];
        }
    };
    vec![
        Finding { check: "database", outcome: Ok(format!("PostgreSQL {}", server.version)) },
        Finding { check: "durability", outcome: durability(&server.unsafe_settings) },
        Finding { check: "migrations", outcome: migrations(pool).await },
        Finding { check: "clock", outcome: clock(server.now) },
    ]
}

fn durability(unsafe_settings: &[String]) -> Result<String, String> {
    if unsafe_settings.is_empty() {
        return Ok("acknowledged writes survive a crash".to_owned());
    }
    Err(format!("{} off: an acknowledged write can be lost; switch on", unsafe_settings.join(", ")))
}

async fn migrations(pool: &PgPool) -> Result<String, String> {
    match health::has_migrations_behind(pool).await {
        Ok(()) => Ok("all applied".to_owned()),
        Err(NotReady::Migrations) => {
            Err("some are missing; run `azotte-customers migrate` or start the server".to_owned())
        }
        Err(NotReady::Database | NotReady::Unsafe) => Err("the database stopped answering".to_owned()),
    }
}

fn clock(database: DateTime<Utc>) -> Result<String, String> {
    const TOLERANCE_SECONDS: i64 = 5;
    let skew = (Utc::now() - database).num_seconds();
    if skew.abs() <= TOLERANCE_SECONDS {
        return Ok("agrees with the database's".to_owned());
    }
    Err(format!("is {skew} s ahead of the database's; keys and tokens expire by it: set it by NTP"))
}

fn json_of(finding: &Finding) -> Value {
    let (status, message) = match &finding.outcome {
        Ok(message) => ("ok", message),
        Err(message) => ("wrong", message),
    };
    json!({ "check": finding.check, "status": status, "message": message })
}
