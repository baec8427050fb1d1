//! What a server checks and creates in its database before it listens.

use anyhow::{Context, bail};
use sqlx::{Connection, PgConnection, PgPool};

use crate::config::{Config, ServeConfig};
use crate::database::Database;
use crate::domain::environment::Environment;
use crate::postgres::{connect, health, log_settings, migrations, pooler, settings};
use crate::sandbox::seed;
use crate::service::health::NotReady;

/// Refuses a database that may lose acknowledged writes, applies migrations, creates the sandbox tenant.
///
/// A server that is not to migrate may start before its database, and is not ready until it has checked this.
pub async fn prepare(config: &Config, serve: &ServeConfig, database: &Database) -> anyhow::Result<()> {
    match connect::connect(&database.options).await {
        Ok(mut connection) => {
            pooler::check(&mut connection, &database.options, &database.direct).await?;
            if !serve.allow_unsafe_database {
                refuse_unsafe(&mut connection).await?;
            }
            warn_of_log(&mut connection).await;
            connection.close().await.ok();
        }
        Err(unreachable) if serve.no_migrate => tracing::warn!("{unreachable}"),
        Err(unreachable) => return Err(unreachable.into()),
    }
    if !serve.no_migrate {
        migrations::migrate(&database.direct).await?;
    }
    if config.environment == Environment::Sandbox {
        seed_sandbox(&database.pool).await?;
    }
    Ok(())
}

/// Passes what cannot be seen: readiness looks again.
async fn refuse_unsafe(connection: &mut PgConnection) -> anyhow::Result<()> {
    if let Ok(server) = settings::read(&mut *connection).await
        && !server.unsafe_settings.is_empty()
    {
        bail!(
            "{} off on the database server: a crash of it may lose what was acknowledged; switch on",
            server.unsafe_settings.join(", ")
        );
    }
    if let Ok(workers) = settings::unsafe_workers(connection).await
        && let Some(worker) = workers.first()
    {
        bail!(
            "{} off on the worker {}: a crash of it may lose what was acknowledged; switch on",
            worker.text,
            worker.node
        );
    }
    Ok(())
}

/// A warning and no refusal: whose log it is, and who reads it, cannot be seen from here.
async fn warn_of_log(connection: &mut PgConnection) {
    if let Ok(talkative) = log_settings::talkative(&mut *connection).await
        && !talkative.is_empty()
    {
        tracing::warn!("{}", log_settings::advice(&talkative));
    }
    if let Ok(workers) = log_settings::talkative_workers(connection).await
        && !workers.is_empty()
    {
        tracing::warn!("{}", log_settings::advice_on_workers(&workers));
    }
}

async fn seed_sandbox(pool: &PgPool) -> anyhow::Result<()> {
    if health::has_migrations_behind(pool).await == Err(NotReady::Migrations) {
        bail!("the database lacks migrations: run `azotte-customers migrate`, or start without --no-migrate");
    }
    seed::sandbox_tenant(pool).await.context("the sandbox tenant could not be created")
}
