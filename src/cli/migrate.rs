//! `migrate`: applies the migrations the database lacks, and nothing else.

use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::database::Database;
use crate::postgres::migrations::{MIGRATOR, migrate};

pub async fn run(config: &Config, output: Output) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    migrate(&database.options).await?;
    let newest = MIGRATOR.iter().map(|migration| migration.version).max();
    output.one(&json!({ "migrated": true, "version": newest }), "The database has every migration.");
    Ok(())
}
