//! Whose turn it is at the database: a tenant's many requests must not keep the others from it.
//!
//! A tenant may have half of the connections in use at any time, and more while more than a quarter is free, so
//! that another that comes finds some. When a turn ends, the waiting tenant with the fewest is next: under load
//! all have the same share.

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

/// To wait costs nobody anything, while to be refused and to ask again costs everybody: so requests wait for
/// several times as long as one of them would for a connection.
const PATIENCE: u32 = 4;
/// The most requests of a tenant that wait, for each connection, while other tenants are here; alone, it is the
/// gate that ends its line.
const LINE: usize = 32;

/// As many turns as the pool has connections.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    connections: u32,
    /// Longest wait for a turn.
    patience: Duration,
    desk: Mutex<Desk>,
}

/// The right to use one connection, until it is dropped.
pub struct Turn {
    turns: Turns,
    tenant: TenantId,
}

struct Desk {
    free: u32,
    /// Counts those who had to wait.
    arrivals: u64,
    tenants: HashMap<TenantId, Line>,
}

#[derive(Default)]
struct Line {
    in_work: u32,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    arrival: u64,
    call: oneshot::Sender<Turn>,
}

enum Answer {
    Now(Turn),
    Wait(oneshot::Receiver<Turn>),
    TooMany,
}

impl Turns {
    pub fn of(pool: &Pool) -> Self {
        Self::new(pool.limits().connections, pool.limits().acquire_timeout * PATIENCE)
    }

    fn new(connections: u32, patience: Duration) -> Self {
        let desk = Desk { free: connections, arrivals: 0, tenants: HashMap::default() };
        Self(Arc::new(Shared { connections, patience, desk: Mutex::new(desk) }))
    }

    /// Waits for a turn of this tenant.
    pub async fn take(&self, tenant: TenantId) -> Result<Turn, StorageError> {
        let turn = match self.ask(tenant) {
            Answer::Now(turn) => Some(turn),
            Answer::Wait(call) => self.wait(call).await,
            Answer::TooMany => None,
        };
        turn.ok_or_else(|| {
            metrics::turn_refused();
            StorageError::Unavailable
        })
    }

    async fn wait(&self, call: oneshot::Receiver<Turn>) -> Option<Turn> {
        let _wait = metrics::Wait::begin();
        timeout(self.0.patience, call).await.ok()?.ok()
    }

    fn ask(&self, tenant: TenantId) -> Answer {
        let mut desk = self.desk();
        desk.forget_gone(tenant);
        if desk.begin(tenant, self.0.connections) {
            return Answer::Now(self.turn(tenant));
        }
        if desk.is_long_and_not_alone(tenant, self.0.connections) {
            return Answer::TooMany;
        }
        Answer::Wait(desk.queue(tenant))
    }

    fn turn(&self, tenant: TenantId) -> Turn {
        Turn { turns: self.clone(), tenant }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = self.turns.desk().end(self.tenant, self.turns.0.connections);
        if let Some((tenant, call)) = next {
            // Whoever is gone drops the turn again, and so passes it on.
            call.send(self.turns.turn(tenant)).ok();
        }
    }
}

impl Desk {
    /// Begins a turn, where the tenant may have one right now.
    fn begin(&mut self, tenant: TenantId, connections: u32) -> bool {
        let line = self.tenants.get(&tenant);
        let (in_work, is_first) = line.map_or((0, true), |line| (line.in_work, line.waiting.is_empty()));
        let may = is_first && may_have_one_more(in_work, self.free, connections);
        if may {
            self.tenants.entry(tenant).or_default().in_work += 1;
            self.free -= 1;
        }
        may
    }

    /// Those who waited too long are no longer ahead of anybody; they were the first to come.
    fn forget_gone(&mut self, tenant: TenantId) {
        let Some(line) = self.tenants.get_mut(&tenant) else { return };
        while line.waiting.front().is_some_and(|waiting| waiting.call.is_closed()) {
            line.waiting.pop_front();
        }
    }

    fn queue(&mut self, tenant: TenantId) -> oneshot::Receiver<Turn> {
        self.arrivals += 1;
        let (call, called) = oneshot::channel();
        let line = self.tenants.entry(tenant).or_default();
        line.waiting.push_back(Waiting { arrival: self.arrivals, call });
        called
    }

    /// Ends a turn and says whose the next is, counted as begun.
    fn end(&mut self, tenant: TenantId, connections: u32) -> Option<(TenantId, oneshot::Sender<Turn>)> {
        self.free += 1;
        if let Some(line) = self.tenants.get_mut(&tenant) {
            line.in_work -= 1;
            if line.in_work == 0 && line.waiting.is_empty() {
                self.tenants.remove(&tenant);
            }
        }
        let next = self.next(connections)?;
        let line = self.tenants.get_mut(&next)?;
        let waiting = line.waiting.pop_front()?;
        line.in_work += 1;
        self.free -= 1;
        Some((next, waiting.call))
    }

    /// Of those who may, who has the fewest; among equals, who came first.
    fn next(&self, connections: u32) -> Option<TenantId> {
        let waiting = self.tenants.iter().filter_map(|(tenant, line)| {
            let first = line.waiting.front()?;
            may_have_one_more(line.in_work, self.free, connections).then_some((
                line.in_work,
                first.arrival,
                tenant,
            ))
        });
        waiting.min_by_key(|(in_work, arrival, _)| (*in_work, *arrival)).map(|(_, _, tenant)| *tenant)
    }

    fn is_long_and_not_alone(&self, tenant: TenantId, connections: u32) -> bool {
        let ahead = self.tenants.get(&tenant).map_or(0, |line| line.waiting.len());
        ahead >= LINE * connections as usize && self.tenants.keys().any(|other| *other != tenant)
    }
}

fn may_have_one_more(in_work: u32, free: u32, connections: u32) -> bool {
    let kept_free = if in_work < (connections / 2).max(1) { 0 } else { connections / 4 };
    free > kept_free
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ACME: TenantId = TenantId(Uuid::from_u128(1));
    const GLOBEX: TenantId = TenantId(Uuid::from_u128(2));
    const MOMENT: Duration = Duration::from_millis(100);

    fn turns(connections: u32) -> Turns {
        Turns::new(connections, MOMENT)
    }

    /// As many turns as there are at once.
    fn all_for(turns: &Turns, tenant: TenantId) -> Vec<Turn> {
        std::iter::from_fn(|| match turns.ask(tenant) {
            Answer::Now(turn) => Some(turn),
            _ => None,
        })
        .collect()
    }

    fn waiting(turns: &Turns, tenant: TenantId) -> oneshot::Receiver<Turn> {
        match turns.ask(tenant) {
            Answer::Wait(call) => call,
            _ => panic!("does not wait"),
        }
    }

    #[test]
    fn a_tenant_alone_has_most_and_another_finds_some() {
        for (connections, alone, other) in
            [(1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 3, 1), (8, 6, 2), (20, 15, 5)]
        {
            let turns = turns(connections);
            let held = all_for(&turns, ACME);
            assert_eq!(held.len(), alone, "of {connections}");
            assert_eq!(all_for(&turns, GLOBEX).len(), other, "of {connections}");
        }
    }

    #[test]
    fn when_a_turn_ends_it_is_the_tenants_with_the_fewest() {
        let turns = turns(8);
        let mut acme = all_for(&turns, ACME);
        let _globex = all_for(&turns, GLOBEX);
        let mut acme_waits = waiting(&turns, ACME);
        let mut globex_waits = [waiting(&turns, GLOBEX), waiting(&turns, GLOBEX)];

        let mut got = Vec::new();
        for globex_waits in &mut globex_waits {
            acme.pop();
            got.push(globex_waits.try_recv().unwrap());
            assert!(acme_waits.try_recv().is_err(), "has half already, and came first");
        }

        acme.pop();
        assert!(acme_waits.try_recv().is_ok(), "4 and 4: nobody else waits");
    }

    #[test]
    fn a_turn_of_one_who_is_gone_is_the_nexts() {
        let turns = turns(1);
        let held = all_for(&turns, ACME);
        let mut queue = [(); 2].map(|()| waiting(&turns, GLOBEX));

        queue[0].close();
        let stays = &mut queue[1];
        drop(held);

        let turn = stays.try_recv().unwrap();
        drop(turn);
        assert_eq!(all_for(&turns, ACME).len(), 1, "nothing was lost on the way");
        assert!(turns.desk().tenants.is_empty(), "whoever has nothing here is forgotten");
    }

    #[test]
    fn a_line_has_an_end_once_another_tenant_is_here() {
        let turns = turns(1);
        let _held = all_for(&turns, ACME);
        let _line: Vec<_> = (0..=LINE).map(|_| waiting(&turns, ACME)).collect();

        let _other = waiting(&turns, GLOBEX);

        assert!(matches!(turns.ask(ACME), Answer::TooMany));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let turns = turns(1);
        let held = turns.take(ACME).await.ok();

        assert!(matches!(turns.take(ACME).await, Err(StorageError::Unavailable)));

        drop(held);
        assert!(turns.take(ACME).await.is_ok());
    }
}
