//! `reseller`: add and list the resellers a tenant works with.

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{arguments::uuid, output::Output, tenant};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{partner::ResellerId, tenant::TenantId};
use crate::postgres::{migrations::migrate, resellers};

#[derive(Subcommand)]
pub enum ResellerCommand {
    /// Add a reseller, or rename one
    Add(Add),
    /// List a tenant's resellers
    List(tenant::Which),
}

#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    pub which: tenant::Which,
    /// Its id, a UUID
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    pub id: Uuid,
    /// Its name, 1-255 characters
    #[arg(long, value_parser = name)]
    pub name: String,
}

pub async fn run(config: &Config, output: Output, command: ResellerCommand) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    match command {
        ResellerCommand::Add(Add { which, id, name }) => {
            let tenant = tenant::find(pool, &which.tenant).await?;
            resellers::add(pool, TenantId(tenant.id), ResellerId(id), &name).await?;
            let sentence = format!("Reseller {name} ({id}) belongs to tenant {}.", tenant.name);
            output.one(&json!({ "resellerId": id, "name": name, "tenantId": tenant.id }), &sentence)?;
        }
        ResellerCommand::List(which) => {
            let tenant = tenant::find(pool, &which.tenant).await?;
            let resellers = resellers::list(pool, TenantId(tenant.id)).await?;
            let rows: Vec<_> = resellers
                .iter()
                .map(|reseller| json!({ "resellerId": reseller.id, "name": reseller.name }))
                .collect();
            output.list(&rows, &[("Reseller", "resellerId"), ("Name", "name")])?;
        }
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    let fits = (1..=255).contains(&text.chars().count()) && !text.trim().is_empty();
    fits.then(|| text.to_owned()).ok_or_else(|| "must be 1 to 255 characters long".to_owned())
}
