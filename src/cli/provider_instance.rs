//! `provider-instance`: add, list and remove a tenant's accounts at providers.

use anyhow::ensure;
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{arguments::uuid, output::Output, reseller::Add, tenant};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{partner::ProviderInstanceId, tenant::TenantId};
use crate::postgres::{migrations::migrate, provider_instances};

#[derive(Subcommand)]
pub enum ProviderInstanceCommand {
    /// Add a provider instance, or rename one
    Add(Add),
    /// List a tenant's provider instances
    List(tenant::Which),
    /// Let no new customer name it; those it has keep it
    Remove(Remove),
}

#[derive(Args)]
pub struct Remove {
    #[command(flatten)]
    which: tenant::Which,
    /// Its id, a UUID
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    id: Uuid,
}

pub async fn run(config: &Config, output: Output, command: ProviderInstanceCommand) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    match command {
        ProviderInstanceCommand::Add(Add { which, id, name }) => {
            let tenant = tenant::find(pool, &which.tenant).await?;
            let tenant_id = TenantId(tenant.id);
            provider_instances::add(pool, tenant_id, ProviderInstanceId(id), &name).await?;
            let sentence = format!("Provider instance {name} ({id}) belongs to tenant {}.", tenant.name);
            output
                .one(&json!({ "providerInstanceId": id, "name": name, "tenantId": tenant.id }), &sentence)?;
        }
        ProviderInstanceCommand::List(which) => {
            let tenant = tenant::find(pool, &which.tenant).await?;
            let instances = provider_instances::list(pool, TenantId(tenant.id)).await?;
            let columns = [("Provider instance", "providerInstanceId"), ("Name", "name")];
            let rows: Vec<_> = instances
                .iter()
                .map(|instance| json!({ "providerInstanceId": instance.id, "name": instance.name }))
                .collect();
            output.list(&rows, &columns)?;
        }
        ProviderInstanceCommand::Remove(Remove { which, id }) => {
            let tenant = tenant::find(pool, &which.tenant).await?;
            let tenant_id = TenantId(tenant.id);
            let removed = provider_instances::remove(pool, tenant_id, ProviderInstanceId(id)).await?;
            ensure!(removed, "this tenant has no such provider instance");
            output.one(
                &json!({ "removed": true }),
                &format!("Provider instance {id} takes no new customers."),
            )?;
        }
    }
    Ok(())
}
