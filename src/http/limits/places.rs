//! A bounded number of long requests, of which one tenant gets a part.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::tenant::TenantId;
use crate::telemetry::metrics::Present;

pub struct Places {
    total: usize,
    per_tenant: usize,
    present: fn() -> Present,
    taken: Mutex<HashMap<TenantId, usize>>,
}

/// Given back when it is dropped.
pub struct Place {
    places: Arc<Places>,
    tenant: TenantId,
    _present: Present,
}

impl Places {
    pub fn new(total: usize, per_tenant: usize, present: fn() -> Present) -> Arc<Self> {
        Arc::new(Self { total, per_tenant, present, taken: Mutex::default() })
    }

    /// `None`: all are taken, or all that this tenant may have.
    pub fn enter(self: &Arc<Self>, tenant: TenantId) -> Option<Place> {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let own = taken.get(&tenant).copied().unwrap_or_default();
        if all >= self.total || own >= self.per_tenant {
            return None;
        }
        taken.insert(tenant, own + 1);
        Some(Place { places: self.clone(), tenant, _present: (self.present)() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        match taken.get_mut(&self.tenant) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.tenant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_tenant_gets_its_part_and_all_of_them_no_more_than_there_are() {
        let places = Places::new(3, 2, Present::export);
        let tenant = |number| TenantId(Uuid::from_u128(number));

        let first = [places.enter(tenant(1)), places.enter(tenant(1))];
        assert!(first.iter().all(Option::is_some));
        assert!(places.enter(tenant(1)).is_none());
        let other = places.enter(tenant(2));
        assert!(other.is_some());
        assert!(places.enter(tenant(3)).is_none());

        drop(first);
        assert!(places.enter(tenant(3)).is_some());
        drop(other);
        assert!(places.taken().is_empty());
    }
}
