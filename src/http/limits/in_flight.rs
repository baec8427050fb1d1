//! A bounded number of requests in flight. One more is refused, before anything is done for it: a queue would only make
//! every request late.
//!
//! A request whose client is slow to send its body is not in flight: it gives up its slot until the body is there.
//! Otherwise a few hundred slow clients would occupy the whole server.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use crate::telemetry::metrics::{self, Present};

/// How long a body may take to arrive before its request gives up its slot.
const GRACE: Duration = Duration::from_millis(20);
/// How long a refusal waits before it is sent. Clients that ask again at once would otherwise keep the server busy with
/// refusing.
pub const REFUSAL_PAUSE: Duration = Duration::from_millis(100);

pub struct InFlightLimit(Arc<Semaphore>);

/// As many requests are in flight as the server takes.
#[derive(Debug)]
pub struct Overloaded;

/// The right of a request to be worked on. Its clones share it; it is free when the last is dropped.
#[derive(Clone)]
pub struct Slot(Arc<Held>);

struct Held {
    limit: Arc<Semaphore>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    _in_flight: Present,
}

impl InFlightLimit {
    pub fn new(slots: u64) -> Self {
        let slots = usize::try_from(slots).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))))
    }

    /// A slot at once, or a refusal after a pause.
    pub async fn enter(&self) -> Result<Slot, Overloaded> {
        let Ok(permit) = self.0.clone().try_acquire_owned() else { return Err(refused().await) };
        let held =
            Held { limit: self.0.clone(), permit: Mutex::new(Some(permit)), _in_flight: Present::request() };
        Ok(Slot(Arc::new(held)))
    }
}

impl Slot {
    /// Waits for something of the client's, without the slot if it takes long.
    pub async fn release_while<T>(&self, arrival: impl Future<Output = T>) -> Result<T, Overloaded> {
        let mut arrival = pin!(arrival);
        // Most of what is waited for is there: no timer for that.
        if let Some(arrived) = arrival.as_mut().now_or_never() {
            return Ok(arrived);
        }
        if let Ok(arrived) = timeout(GRACE, &mut arrival).await {
            return Ok(arrived);
        }
        self.leave();
        let arrived = arrival.await;
        self.reenter().await.map(|()| arrived)
    }

    fn leave(&self) {
        *self.0.permit.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn reenter(&self) -> Result<(), Overloaded> {
        let Ok(permit) = self.0.limit.clone().try_acquire_owned() else { return Err(refused().await) };
        *self.0.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
        Ok(())
    }
}

async fn refused() -> Overloaded {
    metrics::shed();
    sleep(REFUSAL_PAUSE).await;
    Overloaded
}
