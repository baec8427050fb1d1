//! `tenant`: create, list, show, suspend, resume, set.

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    arguments::uuid,
    output::{Output, time},
};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{
    attribute::Attribute,
    channel::Channel,
    quota::QuotaOverride,
    tenant::{JwtPolicy, TenantId},
};
use crate::postgres::{
    migrations::migrate,
    tenants::{self, NewTenant, TenantChange, TenantRecord},
};

#[derive(Subcommand)]
pub enum TenantCommand {
    /// Create a tenant
    Create(Create),
    /// List all tenants
    List,
    /// Show one tenant
    Show(Which),
    /// Refuse every call of a tenant, as if its keys were unknown
    Suspend(Which),
    /// Let a suspended tenant in again
    Resume(Which),
    /// Change settings of a tenant; what is not named stays
    Set(Set),
}

#[derive(Args)]
pub struct Create {
    /// Name, unique, 1-100 characters
    #[arg(long, value_parser = name)]
    name: String,
    /// Domain the tenant is addressed by
    #[arg(long, value_parser = domain)]
    domain: String,
    /// Id, a UUID [default: a new one]
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    id: Option<Uuid>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
pub struct Which {
    /// Id or name of the tenant
    #[arg(long, value_name = "ID|NAME")]
    pub tenant: String,
}

#[derive(Args)]
pub struct Set {
    #[command(flatten)]
    which: Which,
    /// New name
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// One more domain
    #[arg(long, value_parser = domain)]
    domain: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
pub struct Settings {
    /// Whether every call must carry a token beside the key: optional or required
    #[arg(long)]
    jwt: Option<JwtPolicy>,
    /// Customer fields that are mandatory, such as email,phoneNumber; empty for none
    #[arg(long, value_name = "FIELDS", value_parser = list::<Attribute>)]
    require: Option<List<Attribute>>,
    /// Payment channels, such as CARD,SEPA
    #[arg(long, value_name = "CHANNELS", value_parser = list::<Channel>)]
    channels: Option<List<Channel>>,
    /// Requests a second in the long run, on each server; default: as the server's setting says
    #[arg(long, value_name = "N|default")]
    rate: Option<QuotaOverride>,
    /// Requests at once after a rest; default: twice the tenant's own rate, or the server's setting
    #[arg(long, value_name = "N|default")]
    burst: Option<QuotaOverride>,
}

/// Values separated by commas.
#[derive(Clone)]
struct List<T>(Vec<T>);

pub async fn run(config: &Config, output: Output, command: TenantCommand) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    match command {
        TenantCommand::Create(arguments) => create(pool, output, arguments).await,
        TenantCommand::List => list_all(pool, output).await,
        TenantCommand::Show(which) => show(&find(pool, &which.tenant).await?, output),
        TenantCommand::Suspend(which) => set_suspended(pool, output, &which, true).await,
        TenantCommand::Resume(which) => set_suspended(pool, output, &which, false).await,
        TenantCommand::Set(arguments) => set(pool, output, arguments).await,
    }
}

/// The tenant an operator means.
pub async fn find(pool: &PgPool, id_or_name: &str) -> anyhow::Result<TenantRecord> {
    let found = tenants::find(pool, id_or_name).await?;
    found.context("there is no such tenant; `tenant list` shows those there are")
}

async fn create(pool: &PgPool, output: Output, arguments: Create) -> anyhow::Result<()> {
    let new = NewTenant {
        id: TenantId(arguments.id.unwrap_or_else(Uuid::new_v4)),
        name: arguments.name,
        domain: arguments.domain,
        jwt: arguments.settings.jwt.unwrap_or_default(),
        required: arguments.settings.require.map(|list| list.0).unwrap_or_default(),
        channels: match arguments.settings.channels {
            Some(list) => list.0,
            None => vec![Channel::from_stored("CARD".to_owned())],
        },
        rate: arguments.settings.rate.unwrap_or(QuotaOverride(None)),
        burst: arguments.settings.burst.unwrap_or(QuotaOverride(None)),
    };
    tenants::create(pool, &new).await?;
    show(&find(pool, &new.id.to_string()).await?, output)
}

async fn list_all(pool: &PgPool, output: Output) -> anyhow::Result<()> {
    let rows: Vec<Value> = tenants::list(pool).await?.iter().map(json_of).collect();
    let columns = [
        ("Tenant", "tenantId"),
        ("Name", "name"),
        ("Domains", "domains"),
        ("JWT", "jwt"),
        ("Required", "require"),
        ("Channels", "channels"),
        ("Rate", "rate"),
        ("Burst", "burst"),
        ("Status", "status"),
    ];
    output.list(&rows, &columns)?;
    Ok(())
}

async fn set_suspended(pool: &PgPool, output: Output, which: &Which, suspended: bool) -> anyhow::Result<()> {
    let tenant = find(pool, &which.tenant).await?;
    tenants::set_suspended(pool, TenantId(tenant.id), suspended).await?;
    show(&find(pool, &tenant.id.to_string()).await?, output)
}

async fn set(pool: &PgPool, output: Output, arguments: Set) -> anyhow::Result<()> {
    let tenant = find(pool, &arguments.which.tenant).await?;
    let change = TenantChange {
        name: arguments.name,
        domain: arguments.domain,
        jwt: arguments.settings.jwt,
        required: arguments.settings.require.map(|list| list.0),
        channels: arguments.settings.channels.map(|list| list.0),
        rate: arguments.settings.rate,
        burst: arguments.settings.burst,
    };
    anyhow::ensure!(!change.is_empty(), "nothing to set; `tenant set --help` shows what can be");
    tenants::change(pool, TenantId(tenant.id), &change).await?;
    show(&find(pool, &tenant.id.to_string()).await?, output)
}

fn show(tenant: &TenantRecord, output: Output) -> anyhow::Result<()> {
    let value = json_of(tenant);
    let sentence = format!(
        "Tenant {} ({}), {}.\n  domains   {}\n  JWT       {}\n  required  {}\n  channels  {}\n  \
         rate      {}\n  burst     {}\n  created   {}",
        tenant.name,
        tenant.id,
        value["status"].as_str().unwrap_or_default(),
        tenant.domains.join(", "),
        value["jwt"].as_str().unwrap_or_default(),
        or_none(&tenant.required_fields),
        or_none(&tenant.payment_channels),
        or_default(tenant.requests_per_second),
        or_default(tenant.request_burst),
        time(tenant.created_at),
    );
    output.one(&value, &sentence)?;
    Ok(())
}

fn json_of(tenant: &TenantRecord) -> Value {
    json!({
        "tenantId": tenant.id,
        "name": tenant.name,
        "domains": tenant.domains,
        "jwt": JwtPolicy::from(tenant.jwt_required).as_str(),
        "require": tenant.required_fields,
        "channels": tenant.payment_channels,
        "rate": tenant.requests_per_second,
        "burst": tenant.request_burst,
        "status": if tenant.suspended_at.is_some() { "suspended" } else { "active" },
        "createdAt": time(tenant.created_at),
    })
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn or_default(number: Option<i32>) -> String {
    number.map_or_else(|| "default".to_owned(), |number| number.to_string())
}

fn name(text: &str) -> Result<String, String> {
    let fits = (1..=100).contains(&text.chars().count()) && text.trim() == text;
    let plain = !text.chars().any(char::is_control);
    (fits && plain).then(|| text.to_owned()).ok_or_else(|| "must be 1 to 100 characters long".to_owned())
}

fn domain(text: &str) -> Result<String, String> {
    let ascii = idna::domain_to_ascii_strict(text).ok();
    let known_shape = ascii.filter(|domain| domain.contains('.') && domain.len() <= 253);
    known_shape.ok_or_else(|| "must be a domain such as acme.example.com".to_owned())
}

fn list<T: std::str::FromStr<Err = String>>(text: &str) -> Result<List<T>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::parse).collect::<Result<_, _>>().map(List)
}
