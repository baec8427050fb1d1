//! Readiness from memory: one look at the database a second, whoever asks and however often.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::service::health::{Health, NotReady};

/// How often the database is looked at, and so how old an answer may be.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the last look found.
#[derive(Clone)]
pub struct Readiness {
    found: watch::Receiver<Result<(), NotReady>>,
    stopping: CancellationToken,
}

impl Readiness {
    pub fn get(&self) -> Result<(), NotReady> {
        if self.stopping.is_cancelled() { Err(NotReady::Stopping) } else { *self.found.borrow() }
    }
}

/// Looks once, and then whenever the returned future is polled to do so: it runs until it is dropped. A server that is
/// `stopping` is not ready.
pub async fn observe(
    health: Arc<dyn Health>,
    stopping: CancellationToken,
) -> (Readiness, impl Future<Output = ()> + Send) {
    let (found, readiness) = watch::channel(look(&*health).await);
    let again = async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            found.send(look(&*health).await).ok();
        }
    };
    (Readiness { found: readiness, stopping }, again)
}

/// Without spans: no request asked, and one a second would fill every collector.
async fn look(health: &dyn Health) -> Result<(), NotReady> {
    health.check().with_subscriber(NoSubscriber::new()).await
}
