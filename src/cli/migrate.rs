//! `migrate`: applies the migrations the database lacks, and nothing else.

use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::database::Database;
use crate::postgres::migrations::{MIGRATOR, migrate};

pub async fn run(config: &Config, output: Output) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    let applied = migrate(&database.direct).await?;
    let newest = MIGRATOR.iter().map(|migration| migration.version).max();
    let sentence = match applied {
        0 => "The database has every migration.".to_owned(),
        1 => "1 migration was applied.".to_owned(),
        _ => format!("{applied} migrations were applied."),
    };
    output.one(&json!({ "migrated": true, "applied": applied, "version": newest }), &sentence)?;
    Ok(())
}
