//! A queue that is fair between tenants: each tenant's items in their order, the tenants in turn.

use std::collections::{HashMap, VecDeque};

use crate::domain::tenant::TenantId;

/// Holds at most `limit` items of one tenant while other tenants have some, too.
pub struct Queue<T> {
    limit: usize,
    tenants: HashMap<TenantId, VecDeque<T>>,
    /// Tenants with items, the next to be served first.
    order: VecDeque<TenantId>,
}

/// The tenant has as many items as it may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl<T> Queue<T> {
    pub fn new(limit: usize) -> Self {
        Self { limit, tenants: HashMap::new(), order: VecDeque::new() }
    }

    pub fn push(&mut self, tenant: TenantId, item: T) -> Result<(), Full> {
        let others_wait = self.order.iter().any(|other| *other != tenant);
        let items = self.tenants.entry(tenant).or_default();
        if items.is_empty() {
            self.order.push_back(tenant);
        } else if others_wait && items.len() >= self.limit {
            return Err(Full);
        }
        items.push_back(item);
        Ok(())
    }

    /// The next item of the next tenant, which then is last.
    pub fn pop(&mut self) -> Option<T> {
        let tenant = self.order.pop_front()?;
        let item = self.take(tenant);
        if self.tenants.contains_key(&tenant) {
            self.order.push_back(tenant);
        }
        item
    }

    /// Up to `count` items of the next tenant, which then is last.
    pub fn pop_of_one_tenant(&mut self, count: usize) -> Vec<T> {
        let Some(tenant) = self.order.pop_front() else { return Vec::new() };
        let items = (0..count).map_while(|_| self.take(tenant)).collect();
        if self.tenants.contains_key(&tenant) {
            self.order.push_back(tenant);
        }
        items
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn take(&mut self, tenant: TenantId) -> Option<T> {
        let items = self.tenants.get_mut(&tenant)?;
        let item = items.pop_front();
        if items.is_empty() {
            self.tenants.remove(&tenant);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use uuid::Uuid;

    use super::*;

    const A: TenantId = TenantId(Uuid::from_u128(1));
    const B: TenantId = TenantId(Uuid::from_u128(2));

    fn all(queue: &mut Queue<&'static str>) -> Vec<&'static str> {
        iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn tenants_are_served_in_turn_and_each_in_its_order() {
        let mut queue = Queue::new(10);
        for (tenant, item) in [(A, "a1"), (A, "a2"), (A, "a3"), (B, "b1"), (B, "b2")] {
            queue.push(tenant, item).unwrap();
        }

        assert_eq!(all(&mut queue), ["a1", "b1", "a2", "b2", "a3"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_tenant_is_bounded_while_others_wait() {
        let mut queue = Queue::new(2);
        for item in ["a1", "a2", "a3"] {
            queue.push(A, item).unwrap();
        }
        queue.push(B, "b1").unwrap();

        assert_eq!(queue.push(A, "a4"), Err(Full));
        assert_eq!(queue.push(B, "b2"), Ok(()));
        assert_eq!(all(&mut queue), ["a1", "b1", "a2", "b2", "a3"]);
    }

    #[test]
    fn a_trip_of_one_tenant_leaves_the_others_their_turn() {
        let mut queue = Queue::new(10);
        for (tenant, item) in [(A, "a1"), (A, "a2"), (A, "a3"), (B, "b1")] {
            queue.push(tenant, item).unwrap();
        }

        assert_eq!(queue.pop_of_one_tenant(2), ["a1", "a2"]);
        assert_eq!(queue.pop_of_one_tenant(2), ["b1"]);
        assert_eq!(queue.pop_of_one_tenant(2), ["a3"]);
        assert!(queue.is_empty());
    }
}
