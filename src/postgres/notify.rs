//! Notifies every server that credentials changed.
//!
//! A notification may be lost (a broken connection, a pooler in between, Citus): then a server uses what it has cached
//! until that expires.

use std::time::Duration;

use sqlx::{
    PgExecutor,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{sync::broadcast, time::timeout};

use crate::service::credentials::CredentialsChanged;

const CHANNEL: &str = "azotte_credentials_changed";
/// A connection that was silent for this long is pinged.
const PING_AFTER: Duration = Duration::from_secs(3);
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs in the transaction of the change: delivered when that commits, and only then.
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
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PING_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None);
    let pool = pool.connect_lazy_with(options.clone().application_name("azotte-customers listener"));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    // Also after a reconnect: notifications may have been missed.
    changes.send(CredentialsChanged).ok();
    loop {
        match timeout(PING_AFTER, listener.try_recv()).await {
            Ok(notification) => {
                notification?;
                changes.send(CredentialsChanged).ok();
            }
            Err(_) => ping(&mut listener).await?,
        }
    }
}

/// A connection that was cut without notice is as silent as one without notifications.
async fn ping(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let pong = sqlx::query!("select 1 as here").fetch_one(listener);
    timeout(PING_TIMEOUT, pong).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(drop)
}
