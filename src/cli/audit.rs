//! `audit list`: who changed what, when and in which request. Never which values.

use std::collections::HashMap;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    arguments::uuid,
    output::{Output, time},
    tenant,
};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{
    caller::{Actor, KeyId},
    correlation_id::CorrelationId,
    customer_urn::{Cell, CustomerUrn},
    tenant::TenantId,
};
use crate::postgres::{
    api_keys,
    audit::{self, AuditEntry, AuditFilter},
    migrations::migrate,
};

#[derive(Subcommand)]
pub enum AuditCommand {
    /// List events, newest first
    List(List),
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    which: tenant::Which,
    /// Only this customer
    #[arg(long, value_parser = urn)]
    urn: Option<CustomerUrn>,
    /// Only this request
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    correlation_id: Option<Uuid>,
    /// At most this many
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub async fn run(config: &Config, output: Output, command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::List(arguments) = command;
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    let tenant = tenant::find(pool, &arguments.which.tenant).await?;
    let number = |urn: CustomerUrn| {
        let stored = urn.stored_number().filter(|_| urn.cell() == config.cell);
        stored.context("--urn names a customer that cannot exist here")
    };
    let filter = AuditFilter {
        customer_number: arguments.urn.map(number).transpose()?,
        correlation_id: arguments.correlation_id.map(CorrelationId),
    };
    let entries = audit::list(pool, TenantId(tenant.id), filter, arguments.limit).await?;
    let keys = api_keys::list(pool, TenantId(tenant.id)).await?;
    let names: HashMap<_, _> =
        keys.into_iter().map(|key| (Actor::Key(KeyId(key.id)).to_string(), key.name)).collect();
    let rows: Vec<Value> = entries.iter().map(|entry| json_of(entry, &names, config.cell)).collect();
    let columns = [
        ("Time", "occurredAt"),
        ("What", "kind"),
        ("Of", "subject"),
        ("Version", "version"),
        ("By", "actor"),
        ("Key", "actorName"),
        ("Fields", "details"),
        ("Correlation id", "correlationId"),
    ];
    output.list(&rows, &columns)?;
    Ok(())
}

/// `names`: of the tenant's keys, by actor.
fn json_of(entry: &AuditEntry, names: &HashMap<String, String>, cell: Cell) -> Value {
    let urn = entry.customer_number.map(|number| CustomerUrn::from_stored(cell, number).to_string());
    json!({
        "eventId": entry.id,
        "occurredAt": time(entry.occurred_at),
        "kind": entry.kind,
        "subject": urn.as_ref().or(entry.subject.as_ref()),
        "version": entry.version,
        "actor": entry.actor.as_deref().unwrap_or("operator"),
        "actorName": entry.actor.as_ref().and_then(|actor| names.get(actor)),
        "details": entry.details,
        "correlationId": entry.correlation_id,
    })
}

fn urn(text: &str) -> Result<CustomerUrn, String> {
    CustomerUrn::parse(text).map_err(|_| "must be a customer URN such as cu.00.482".to_owned())
}
