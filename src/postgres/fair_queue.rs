//! Shares the connections fairly among tenants: the many requests of one must not keep the others from the database.
//!
//! A tenant may use half of the connections at any time, and more while more than a quarter is free, so that a tenant
//! that comes later finds some. A permit that is returned goes to the waiting tenant with the fewest: under load all
//! tenants have the same share.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use super::pool::Pool;
use crate::domain::tenant::TenantId;
use crate::service::storage_error::StorageError;
use crate::telemetry::metrics;

/// Queueing is cheaper than a refusal and a retry, so a request waits up to this many acquire timeouts of the pool.
const ACQUIRE_TIMEOUTS: u32 = 4;
/// Queue limit per tenant, as a multiple of the pool size. Applies only while other tenants are queued or running;
/// otherwise the limit of requests in flight is the bound.
const QUEUED_PER_CONNECTION: usize = 32;

/// Has as many permits as the pool has connections.
#[derive(Clone)]
pub struct FairQueue(Arc<Shared>);

struct Shared {
    connections: u32,
    /// Longest wait for a permit.
    timeout: Duration,
    state: Mutex<QueueState>,
}

/// The right to use one connection, until it is dropped.
pub struct Permit {
    queue: FairQueue,
    tenant: TenantId,
}

struct QueueState {
    free: u32,
    /// Of the last request that was queued.
    sequence: u64,
    tenants: HashMap<TenantId, TenantQueue>,
}

#[derive(Default)]
struct TenantQueue {
    running: u32,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    sequence: u64,
    granted: oneshot::Sender<Permit>,
}

enum Admission {
    Granted(Permit),
    Queued(oneshot::Receiver<Permit>),
    QueueFull,
}

impl FairQueue {
    pub fn new(pool: &Pool) -> Self {
        Self::with(pool.limits().connections, pool.limits().acquire_timeout * ACQUIRE_TIMEOUTS)
    }

    fn with(connections: u32, timeout: Duration) -> Self {
        let state = QueueState { free: connections, sequence: 0, tenants: HashMap::default() };
        Self(Arc::new(Shared { connections, timeout, state: Mutex::new(state) }))
    }

    /// Waits for a permit for this tenant.
    pub async fn acquire(&self, tenant: TenantId) -> Result<Permit, StorageError> {
        let permit = match self.admit(tenant) {
            Admission::Granted(permit) => Some(permit),
            Admission::Queued(granted) => self.wait(granted).await,
            Admission::QueueFull => None,
        };
        permit.ok_or_else(|| {
            metrics::queue_refused();
            StorageError::Unavailable
        })
    }

    async fn wait(&self, granted: oneshot::Receiver<Permit>) -> Option<Permit> {
        let _wait = metrics::Wait::begin();
        timeout(self.0.timeout, granted).await.ok()?.ok()
    }

    fn admit(&self, tenant: TenantId) -> Admission {
        let mut state = self.state();
        state.drop_abandoned(tenant);
        if state.try_start(tenant, self.0.connections) {
            return Admission::Granted(self.permit(tenant));
        }
        if state.is_full(tenant, self.0.connections) {
            return Admission::QueueFull;
        }
        Admission::Queued(state.push(tenant))
    }

    fn permit(&self, tenant: TenantId) -> Permit {
        Permit { queue: self.clone(), tenant }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = self.queue.state().finish(self.tenant, self.queue.0.connections);
        if let Some((tenant, granted)) = next {
            // A receiver that is gone drops the permit again, which passes it on.
            granted.send(self.queue.permit(tenant)).ok();
        }
    }
}

impl QueueState {
    /// Counts one more as running, where the tenant may have it right now.
    fn try_start(&mut self, tenant: TenantId, connections: u32) -> bool {
        let queue = self.tenants.get(&tenant);
        let (running, is_first) = queue.map_or((0, true), |queue| (queue.running, queue.waiting.is_empty()));
        let may = is_first && may_have_one_more(running, self.free, connections);
        if may {
            self.tenants.entry(tenant).or_default().running += 1;
            self.free -= 1;
        }
        may
    }

    /// Removes those that waited too long. They came first, so they are at the front.
    fn drop_abandoned(&mut self, tenant: TenantId) {
        let Some(queue) = self.tenants.get_mut(&tenant) else { return };
        while queue.waiting.front().is_some_and(|waiting| waiting.granted.is_closed()) {
            queue.waiting.pop_front();
        }
    }

    fn push(&mut self, tenant: TenantId) -> oneshot::Receiver<Permit> {
        self.sequence += 1;
        let (granted, receiver) = oneshot::channel();
        let queue = self.tenants.entry(tenant).or_default();
        queue.waiting.push_back(Waiting { sequence: self.sequence, granted });
        receiver
    }

    /// Takes a permit back and says who gets it next, counted as running.
    fn finish(&mut self, tenant: TenantId, connections: u32) -> Option<(TenantId, oneshot::Sender<Permit>)> {
        self.free += 1;
        if let Some(queue) = self.tenants.get_mut(&tenant) {
            queue.running -= 1;
            if queue.running == 0 && queue.waiting.is_empty() {
                self.tenants.remove(&tenant);
            }
        }
        let next = self.next(connections)?;
        let queue = self.tenants.get_mut(&next)?;
        let waiting = queue.waiting.pop_front()?;
        queue.running += 1;
        self.free -= 1;
        Some((next, waiting.granted))
    }

    /// Of the waiting tenants that may have one more, the one with the fewest; among equals, the one that came first.
    fn next(&self, connections: u32) -> Option<TenantId> {
        let waiting = self.tenants.iter().filter_map(|(tenant, queue)| {
            let first = queue.waiting.front()?;
            let may = may_have_one_more(queue.running, self.free, connections);
            may.then_some((queue.running, first.sequence, tenant))
        });
        waiting.min_by_key(|(running, sequence, _)| (*running, *sequence)).map(|(_, _, tenant)| *tenant)
    }

    fn is_full(&self, tenant: TenantId, connections: u32) -> bool {
        let queued = self.tenants.get(&tenant).map_or(0, |queue| queue.waiting.len());
        queued >= QUEUED_PER_CONNECTION * connections as usize
            && self.tenants.keys().any(|other| *other != tenant)
    }
}

fn may_have_one_more(running: u32, free: u32, connections: u32) -> bool {
    let kept_free = if running < (connections / 2).max(1) { 0 } else { connections / 4 };
    free > kept_free
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ACME: TenantId = TenantId(Uuid::from_u128(1));
    const GLOBEX: TenantId = TenantId(Uuid::from_u128(2));
    const MOMENT: Duration = Duration::from_millis(100);

    fn queue(connections: u32) -> FairQueue {
        FairQueue::with(connections, MOMENT)
    }

    /// As many permits as there are at once.
    fn all_for(queue: &FairQueue, tenant: TenantId) -> Vec<Permit> {
        std::iter::from_fn(|| match queue.admit(tenant) {
            Admission::Granted(permit) => Some(permit),
            _ => None,
        })
        .collect()
    }

    fn waiting(queue: &FairQueue, tenant: TenantId) -> oneshot::Receiver<Permit> {
        match queue.admit(tenant) {
            Admission::Queued(granted) => granted,
            _ => panic!("does not wait"),
        }
    }

    #[test]
    fn a_tenant_alone_has_most_and_another_finds_some() {
        for (connections, alone, other) in
            [(1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 3, 1), (8, 6, 2), (20, 15, 5)]
        {
            let queue = queue(connections);
            let held = all_for(&queue, ACME);
            assert_eq!(held.len(), alone, "of {connections}");
            assert_eq!(all_for(&queue, GLOBEX).len(), other, "of {connections}");
        }
    }

    #[test]
    fn a_returned_permit_goes_to_the_tenant_with_the_fewest() {
        let queue = queue(8);
        let mut acme = all_for(&queue, ACME);
        let _globex = all_for(&queue, GLOBEX);
        let mut acme_waits = waiting(&queue, ACME);
        let mut globex_waits = [waiting(&queue, GLOBEX), waiting(&queue, GLOBEX)];

        let mut got = Vec::new();
        for globex_waits in &mut globex_waits {
            acme.pop();
            got.push(globex_waits.try_recv().unwrap());
            assert!(acme_waits.try_recv().is_err(), "has half already, and came first");
        }

        acme.pop();
        assert!(acme_waits.try_recv().is_ok(), "4 and 4: no other waits");
    }

    #[test]
    fn a_permit_for_a_request_that_is_gone_goes_to_the_next() {
        let queue = queue(1);
        let held = all_for(&queue, ACME);
        let mut waiting = [(); 2].map(|()| waiting(&queue, GLOBEX));

        waiting[0].close();
        let stays = &mut waiting[1];
        drop(held);

        let permit = stays.try_recv().unwrap();
        drop(permit);
        assert_eq!(all_for(&queue, ACME).len(), 1, "nothing was lost on the way");
        assert!(queue.state().tenants.is_empty(), "a tenant without requests is forgotten");
    }

    #[test]
    fn a_queue_is_full_only_beside_another_tenant() {
        let queue = queue(1);
        let _held = all_for(&queue, ACME);
        let _queued: Vec<_> = (0..=QUEUED_PER_CONNECTION).map(|_| waiting(&queue, ACME)).collect();

        let _other = waiting(&queue, GLOBEX);

        assert!(matches!(queue.admit(ACME), Admission::QueueFull));
    }

    #[tokio::test]
    async fn no_request_waits_for_ever() {
        let queue = queue(1);
        let held = queue.acquire(ACME).await.ok();

        assert!(matches!(queue.acquire(ACME).await, Err(StorageError::Unavailable)));

        drop(held);
        assert!(queue.acquire(ACME).await.is_ok());
    }
}
