//! The background work of a server: one endless loop each, aborted when [`Workers`] is dropped.

use std::{future::Future, sync::Arc, time::Duration};

use embedded_postgres::EmbeddedPostgres;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast,
};
use tokio_util::task::AbortOnDropHandle;

use crate::database::Database;
use crate::http::auth::Authenticator;
use crate::postgres::notify;
use crate::service::{credentials::CredentialsChanged, idempotency::Idempotency};
use crate::telemetry::metrics;

const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// An embedded database that died runs again within about this time.
const LIVENESS_INTERVAL: Duration = Duration::from_millis(500);

/// The running loops.
pub struct Workers {
    _running: [AbortOnDropHandle<()>; 7],
}

impl Workers {
    /// Starts all of them. `changes` is told when credentials change in the database.
    pub fn start(
        database: Database,
        changes: broadcast::Sender<CredentialsChanged>,
        authenticator: &Arc<Authenticator>,
        idempotency: Arc<dyn Idempotency>,
        observing_readiness: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let _running = [
            spawn(notify::listen(database.options.clone(), changes)),
            spawn(authenticator.clone().keep_current()),
            spawn(reload_jwt_keys(authenticator.clone())),
            spawn(sweep_expired_replies(idempotency)),
            spawn(metrics::upkeep()),
            spawn(observing_readiness),
            spawn(keep_embedded_database(database)),
        ];
        Self { _running }
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(work))
}

async fn sweep_expired_replies(idempotency: Arc<dyn Idempotency>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        // A failure is logged where it happens; the next round tries again.
        idempotency.sweep().await.ok();
    }
}

/// On SIGHUP, where there is a file of keys; elsewhere the signal ends the server. Keys that cannot be read leave the old ones in use.
async fn reload_jwt_keys(authenticator: Arc<Authenticator>) {
    if !authenticator.tokens.can_reload() {
        return;
    }
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        match authenticator.tokens.reload() {
            Ok(()) => tracing::info!("the keys of tokens were read again"),
            Err(error) => tracing::error!(%error, "the keys of tokens stay as they were"),
        }
    }
}

/// Owns the embedded database, which stops without an owner, and starts it again if it dies.
async fn keep_embedded_database(database: Database) {
    let Database { mut embedded, server_lock: _lock, .. } = database;
    loop {
        tokio::time::sleep(LIVENESS_INTERVAL).await;
        let Some(cluster) = embedded.take() else { continue };
        match tokio::task::spawn_blocking(move || revive_if_dead(cluster)).await {
            Ok(cluster) => embedded = Some(cluster),
            Err(_) => return,
        }
    }
}

fn revive_if_dead(mut cluster: EmbeddedPostgres) -> EmbeddedPostgres {
    if !cluster.is_running() {
        match cluster.revive() {
            Ok(()) => tracing::warn!("the embedded database had died and runs again"),
            Err(error) => tracing::error!(%error, "the embedded database does not run"),
        }
    }
    cluster
}
