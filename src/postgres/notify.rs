//! "Credentials changed", from whoever changes them to every server.
//!
//! A hint, not a promise: a server that misses it (a broken connection, a pooler in between, Citus) still
//! stops trusting what it holds after the life of its cache.

use std::time::Duration;

use sqlx::{
    PgExecutor,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{sync::broadcast, time::timeout};

use crate::service::credentials::CredentialsChanged;

const CHANNEL: &str = "azotte_credentials_changed";
/// How long nothing has to be heard before the connection is asked whether it still works.
const QUIET: Duration = Duration::from_secs(3);
/// How long the database has for its answer.
const ANSWER: Duration = Duration::from_secs(1);

/// To be sent in the transaction of the change: delivered when it commits, and only then.
pub async fn credentials_changed(executor: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_notify($1, '')", CHANNEL).execute(executor).await?;
    Ok(())
}

/// Listens until the last receiver is gone, on a connection of its own.
pub async fn listen(options: PgConnectOptions, changes: broadcast::Sender<CredentialsChanged>) {
    const PAUSE: Duration = Duration::from_secs(1);
    loop {
        if let Err(error) = forward(&options, &changes).await {
            tracing::debug!(reason = %error, "not listening for changes of credentials; trying again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn forward(
    options: &PgConnectOptions,
    changes: &broadcast::Sender<CredentialsChanged>,
) -> Result<(), sqlx::Error> {
    let pool =
        PgPoolOptions::new().max_connections(1).acquire_timeout(ANSWER).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_lazy_with(options.clone().application_name("azotte-customers listener"));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    // Also after a gap: what happened while nobody listened is unknown.
    changes.send(CredentialsChanged).ok();
    loop {
        match timeout(QUIET, listener.try_recv()).await {
            Ok(notification) => {
                notification?;
                changes.send(CredentialsChanged).ok();
            }
            Err(_) => ask(&mut listener).await?,
        }
    }
}

/// Whether the connection still works: one that was cut without a word says as little as one with nothing to say.
async fn ask(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let asked = sqlx::query!("select 1 as here").fetch_one(listener);
    timeout(ANSWER, asked).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(drop)
}
