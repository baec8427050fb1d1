//! `feed renew`: after a restore, lets every reader of the feed know that it has to start again.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{output::Output, tenant};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{feed::FeedId, tenant::TenantId};
use crate::postgres::{feed::renew::renew, migrations::migrate, tenants};

#[derive(Subcommand)]
pub enum FeedCommand {
    /// Expire every cursor: readers are answered 410, export and go on. After a restore, before the servers start
    Renew(Renew),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Renew {
    /// Of every tenant
    #[arg(long)]
    all: bool,
    /// Of this tenant: its id or name
    #[arg(long, value_name = "ID|NAME")]
    tenant: Option<String>,
}

pub async fn run(config: &Config, output: Output, command: FeedCommand) -> anyhow::Result<()> {
    let FeedCommand::Renew(which) = command;
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    let chosen = match &which.tenant {
        Some(tenant) => vec![tenant::find(pool, tenant).await?],
        None => tenants::list(pool).await?,
    };
    let mut renewed = Vec::new();
    for tenant in chosen {
        let feed = FeedId::generate();
        renew(pool, TenantId(tenant.id), feed).await?;
        renewed.push(json!({ "tenantId": tenant.id, "name": tenant.name, "feedId": feed.0 }));
    }
    let columns = [("Tenant", "tenantId"), ("Name", "name"), ("Feed", "feedId")];
    output.list(&renewed, &columns)
}
