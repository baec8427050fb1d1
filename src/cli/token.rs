//! `token issue`: a token for trying things out, or for a portal that has no issuer of its own.

use anyhow::{Context, bail, ensure};
use chrono::Utc;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::{
    arguments::uuid,
    lifetime::Lifetime,
    output::{Output, time},
    tenant,
};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{scope::Scope, tenant::TenantId};
use crate::http::auth::{
    claims::{CSP, RESELLER},
    issue::{IssuedClaims, sign},
    jwt_keys::KeySet,
    surface::Surface,
};
use crate::postgres::migrations::migrate;
use crate::tokens;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Issue a token; refused where the keys only verify
    Issue(Issue),
}

#[derive(Args)]
pub struct Issue {
    #[command(flatten)]
    which: tenant::Which,
    /// Role on the partner API
    #[arg(long)]
    role: Option<Role>,
    /// The reseller that acts, with --role reseller
    #[arg(long, value_name = "UUID", value_parser = uuid, required_if_eq("role", "reseller"))]
    reseller_id: Option<Uuid>,
    /// Limits the scopes of the key it goes with on the C2A API, such as customer.read
    #[arg(long, value_delimiter = ',', value_name = "SCOPES")]
    scope: Option<Vec<Scope>>,
    /// Whom it is for; goes into the audit trail
    #[arg(long, default_value = "operator")]
    subject: String,
    /// The API it is for [default: partner with --role, otherwise c2a]
    #[arg(long)]
    api: Option<Api>,
    /// How long it is good for, up to AZOTTE_JWT_MAX_LIFETIME_S
    #[arg(long, default_value = "15m")]
    ttl: Lifetime,
}

#[derive(Clone, Copy, ValueEnum)]
enum Api {
    C2a,
    Partner,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Csp,
    Reseller,
}

pub async fn run(config: &Config, output: Output, command: TokenCommand) -> anyhow::Result<()> {
    let TokenCommand::Issue(arguments) = command;
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let tenant = tenant::find(&database.pool, &arguments.which.tenant).await?;
    let settings = tokens::settings(config, &database).await?;
    let settings = settings.context("AZOTTE_JWT_SECRET is not set: there is nothing to sign tokens with")?;
    let ttl = i64::try_from(arguments.ttl.0.as_secs())?;
    let max = i64::try_from(settings.max_lifetime_s)?;
    ensure!(
        (1..=max).contains(&ttl),
        "--ttl must be between 1s and {max}s, which is AZOTTE_JWT_MAX_LIFETIME_S"
    );
    let surface = match (arguments.api, arguments.role) {
        (Some(Api::C2a), _) | (None, None) => Surface::C2a,
        (Some(Api::Partner), _) | (None, Some(Role::Csp | Role::Reseller)) => Surface::Partner,
    };
    let scope = arguments.scope.map(|scopes| scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" "));
    let tenant = TenantId(tenant.id);
    let claims = IssuedClaims {
        roles: arguments.role.map(|role| role.claim().to_owned()).into_iter().collect(),
        reseller_id: arguments.reseller_id,
        scope,
        ..IssuedClaims::new(&settings, surface, tenant, &arguments.subject, Utc::now(), ttl)
    };
    let Some(token) = sign(&KeySet::load(&settings.keys)?, &settings, &claims) else {
        bail!("these keys only verify: tokens are issued by whoever holds their private halves");
    };
    let expires = chrono::DateTime::from_timestamp(claims.exp, 0).map(time);
    output.one(&json!({ "token": token, "expiresAt": expires, "tenantId": tenant.0 }), &token)?;
    Ok(())
}

impl Role {
    fn claim(self) -> &'static str {
        match self {
            Self::Csp => CSP,
            Self::Reseller => RESELLER,
        }
    }
}
