//! `doctor`: checks what a server needs, one check a file, and says what to do about what is missing.
//!
//! It changes nothing but what every command does: it starts the embedded database. Codes are for programs and never
//! change.

mod clock;
mod configuration;
mod connection;
mod distribution;
mod durability;
mod finding;
mod fingerprints;
mod listen;
mod log;
mod migrations;
mod privileges;
mod tokens;

use std::process::ExitCode;

use serde_json::Value;
use sqlx::PgConnection;

use self::finding::{Finding, Outcome};
use super::{failure::sentence, output::Output};
use crate::config::{Config, EnvironmentUnsaid, ServeConfig};
use crate::database::{self, Database};
use crate::postgres::{connect, pooler};

/// What the command line knows beside the settings.
pub struct Given {
    pub environment: Result<(), EnvironmentUnsaid>,
    /// Variables that look like settings and are none, each as a sentence.
    pub unknown_variables: Vec<String>,
}

/// Exit code 0 where nothing is wrong, 1 otherwise.
pub async fn run(
    config: &Config,
    serve: &ServeConfig,
    given: &Given,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let mut findings = vec![
        Finding::new("configuration", configuration::check(config, given)),
        Finding::new("tokens", tokens::check(config)),
        Finding::new("fingerprints", fingerprints::check(config)),
        Finding::new("listen", listen::check("AZOTTE_LISTEN", serve.listen)),
        Finding::new("ops_listen", listen::check_for_operators(serve.ops_listen)),
    ];
    findings.extend(of_the_database(config, serve).await);
    let rows: Vec<Value> = findings.iter().map(Finding::json).collect();
    output.list(&rows, &[("Check", "check"), ("", "status"), ("", "message")])?;
    let is_wrong = findings.iter().any(|finding| matches!(finding.outcome, Outcome::Wrong { .. }));
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn of_the_database(config: &Config, serve: &ServeConfig) -> Vec<Finding> {
    let wrong = |code, message| vec![Finding::new("database", Outcome::Wrong { code, message })];
    let database = match Database::open(config).await {
        Ok(database) => database,
        Err(error) => return wrong("database_embedded", sentence(&error)),
    };
    let mut connection = match connect::connect(&database.options).await {
        Ok(connection) => connection,
        Err(cause) => return wrong(cause.code(), cause.to_string()),
    };
    let suitable = pooler::check(&mut connection, &database.options, &database.direct).await;
    if let Err(cause) = suitable {
        return wrong(cause.code(), cause.to_string());
    }
    // Where this fails, each check is silent.
    database::pool_limits(config).set(&mut connection).await.ok();
    examine(config, serve, &mut connection).await
}

async fn examine(config: &Config, serve: &ServeConfig, connection: &mut PgConnection) -> Vec<Finding> {
    let removes_events = serve.events_kept_days.is_some();
    vec![
        Finding::new("database", connection::check(connection).await),
        Finding::new("durability", durability::check(connection).await),
        Finding::new("log", log::check(connection, config.environment).await),
        Finding::new("migrations", migrations::check(connection).await),
        Finding::new("distribution", distribution::check(connection).await),
        Finding::new("privileges", privileges::check(connection, config.environment, removes_events).await),
        Finding::new("clock", clock::check(connection).await),
    ]
}
