//! A bounded number of requests in flight, shared among tenants. One more is refused before anything is done for it: a
//! queue would only make every request late.
//!
//! A tenant gets a slot while it holds fewer than are free, as buffers of a switch are shared by a dynamic threshold. So
//! one tenant alone has at most half of them, two have a third each, and one that comes always finds some. Callers whose
//! credentials have to be looked up share as one tenant does: strangers cannot fill the server either.
//!
//! A request whose client is slow to send its body is not in flight: it gives up its slot until the body is there.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

use crate::domain::tenant::TenantId;
use crate::telemetry::metrics::{self, Present};

/// How long a body may take to arrive before its request gives up its slot.
const GRACE: Duration = Duration::from_millis(20);
/// How long a refusal waits before it is sent. Clients that ask again at once would otherwise keep the server busy with
/// refusing.
pub const REFUSAL_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct InFlightLimit(Arc<Mutex<Slots>>);

struct Slots {
    free: u64,
    held: HashMap<Holder, u64>,
}

/// Whom a slot is counted for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Tenant(TenantId),
    /// All whose credentials are being looked up.
    Unknown,
}

/// As many requests are in flight as the server takes, of all or of this tenant.
#[derive(Debug)]
pub struct Overloaded;

/// The right of a request to be worked on. Its clones share it; it is free when the last is dropped.
#[derive(Clone)]
pub struct Slot(Arc<SharedSlot>);

struct SharedSlot {
    limit: InFlightLimit,
    state: Mutex<SlotState>,
    _in_flight: Present,
}

#[derive(Clone, Copy)]
struct SlotState {
    /// Nobody, until it is known who asks.
    holder: Option<Holder>,
    is_held: bool,
}

impl InFlightLimit {
    pub fn new(slots: u64) -> Self {
        Self(Arc::new(Mutex::new(Slots { free: slots, held: HashMap::new() })))
    }

    /// A slot at once, or a refusal after a pause.
    pub async fn enter(&self) -> Result<Slot, Overloaded> {
        if !self.slots().take(None) {
            return Err(refused().await);
        }
        let state = Mutex::new(SlotState { holder: None, is_held: true });
        Ok(Slot(Arc::new(SharedSlot { limit: self.clone(), state, _in_flight: Present::request() })))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn take(&mut self, holder: Option<Holder>) -> bool {
        let held = holder.map_or(0, |holder| self.held.get(&holder).copied().unwrap_or_default());
        if held >= self.free {
            return false;
        }
        self.free -= 1;
        if let Some(holder) = holder {
            self.held.insert(holder, held + 1);
        }
        true
    }

    fn give_back(&mut self, holder: Option<Holder>) {
        self.free += 1;
        let Some(holder) = holder else { return };
        let Some(held) = self.held.get_mut(&holder) else { return };
        *held -= 1;
        if *held == 0 {
            self.held.remove(&holder);
        }
    }
}

impl Slot {
    /// Waits until it is known who asks.
    pub async fn look_up<T>(&self, identity: impl Future<Output = T>) -> Result<T, Overloaded> {
        let mut identity = pin!(identity);
        // Most callers are remembered, and take no part in the share of those who are not.
        if let Some(known) = identity.as_mut().now_or_never() {
            return Ok(known);
        }
        self.count_for(Holder::Unknown).await?;
        Ok(identity.await)
    }

    pub async fn assign(&self, tenant: TenantId) -> Result<(), Overloaded> {
        self.count_for(Holder::Tenant(tenant)).await
    }

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
        if self.enter() { Ok(arrived) } else { Err(refused().await) }
    }

    /// For the rest of a request that comes under a limit of its own.
    pub fn give_up(&self) {
        self.leave();
    }

    async fn count_for(&self, holder: Holder) -> Result<(), Overloaded> {
        self.leave();
        self.state().holder = Some(holder);
        if self.enter() { Ok(()) } else { Err(refused().await) }
    }

    fn enter(&self) -> bool {
        let mut state = self.state();
        state.is_held = self.0.limit.slots().take(state.holder);
        state.is_held
    }

    fn leave(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_held) {
            self.0.limit.slots().give_back(state.holder);
        }
    }

    fn state(&self) -> MutexGuard<'_, SlotState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedSlot {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.is_held {
            self.limit.slots().give_back(state.holder);
        }
    }
}

async fn refused() -> Overloaded {
    metrics::shed();
    sleep(REFUSAL_PAUSE).await;
    Overloaded
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    async fn slots(limit: &InFlightLimit, tenant: TenantId, most: usize) -> Vec<Slot> {
        let mut slots = Vec::new();
        for _ in 0..most {
            let Ok(slot) = limit.enter().await else { break };
            if slot.assign(tenant).await.is_err() {
                break;
            }
            slots.push(slot);
        }
        slots
    }

    #[tokio::test]
    async fn a_tenant_alone_has_half_and_another_finds_as_much_as_its_share() {
        let limit = InFlightLimit::new(512);
        let (acme, globex) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));

        let first = slots(&limit, acme, 1000).await;
        let second = slots(&limit, globex, 1000).await;

        assert_eq!((first.len(), second.len()), (256, 128));
        drop(first);
        assert_eq!(slots(&limit, acme, 1000).await.len(), 192);
    }

    #[tokio::test]
    async fn all_slots_are_used_where_many_ask() {
        let limit = InFlightLimit::new(8);
        let mut held = Vec::new();
        for tenant in 0..8 {
            held.extend(slots(&limit, TenantId(Uuid::from_u128(tenant)), 1).await);
        }

        assert_eq!(held.len(), 8);
        assert!(limit.enter().await.is_err());
        held.pop();
        assert!(limit.enter().await.is_ok());
    }

    #[tokio::test]
    async fn a_slot_that_is_given_up_is_anothers_until_it_is_taken_again() {
        let limit = InFlightLimit::new(1);
        let slow = limit.enter().await.unwrap();
        let (arrived, arrives) = tokio::sync::oneshot::channel::<()>();
        let waiting = slow.release_while(arrives);

        let meanwhile = async {
            sleep(GRACE * 2).await;
            let slot = limit.enter().await.expect("the slot of the one that waits");
            arrived.send(()).unwrap();
            slot
        };
        let (waited, slot) = tokio::join!(waiting, meanwhile);

        assert!(matches!(waited, Err(Overloaded)), "another has it");
        drop((slow, slot));
        assert!(limit.enter().await.is_ok(), "one slot was given back, not two");
        let _held = limit.enter().await;
        assert!(limit.enter().await.is_err());
    }
}
