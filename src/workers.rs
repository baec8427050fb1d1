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
use crate::service::{credentials::CredentialsChanged, feed::FeedService, idempotency::Idempotency};
use crate::telemetry::metrics;

const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// How soon who waits for events learns of those that another server wrote.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// An embedded database that died runs again within about this time.
const LIVENESS_INTERVAL: Duration = Duration::from_millis(500);

/// The running loops.
pub struct Workers {
    _running: [AbortOnDropHandle<()>; 8],
}

/// What is kept for a time, and then swept.
pub struct Kept {
    pub idempotency: Arc<dyn Idempotency>,
    pub feed: Arc<dyn FeedService>,
    /// Days; `None`: for ever.
    pub events_kept: Option<i32>,
}

impl Workers {
    /// Starts all of them. `changes` is told when credentials change in the database.
    pub fn start(
        database: Database,
        changes: broadcast::Sender<CredentialsChanged>,
        authenticator: &Arc<Authenticator>,
        kept: Kept,
        observing_readiness: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let _running = [
            spawn(notify::listen(database.direct.clone(), changes)),
            spawn(authenticator.clone().keep_current()),
            spawn(reload_jwt_keys(authenticator.clone())),
            spawn(look_at_feeds(kept.feed.clone())),
            spawn(sweep(kept)),
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

async fn sweep(kept: Kept) {
    let Kept { idempotency, feed, events_kept } = kept;
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        // A failure is logged where it happens; the next round tries again.
        idempotency.sweep().await.ok();
        if let Some(days) = events_kept {
            feed.sweep(days).await.ok();
        }
    }
}

async fn look_at_feeds(feed: Arc<dyn FeedService>) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        feed.look().await;
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
