//! Readiness from memory: one look at the database a second, whoever asks and however often.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::service::health::{Health, NotReady};

/// How often the database is looked at, and so how old an answer may be.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the last look found.
#[derive(Clone)]
pub struct Readiness(watch::Receiver<Result<(), NotReady>>);

impl Readiness {
    pub fn get(&self) -> Result<(), NotReady> {
        *self.0.borrow()
    }
}

/// Looks once, and then whenever the returned future is polled to do so: it runs until it is dropped.
pub async fn observe(health: Arc<dyn Health>) -> (Readiness, impl Future<Output = ()> + Send) {
    let (found, readiness) = watch::channel(look(&*health).await);
    let again = async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            found.send(look(&*health).await).ok();
        }
    };
    (Readiness(readiness), again)
}

/// Without spans: no request asked, and one a second would fill every collector.
async fn look(health: &dyn Health) -> Result<(), NotReady> {
    health.check().with_subscriber(NoSubscriber::new()).await
}
