//! How much the server takes on: of all callers together, and of one tenant in a second.
//!
//! How many of the database's connections one tenant gets is decided where they are: `postgres/fair_queue.rs`.

pub mod governed_clock;
pub mod in_flight;
pub mod places;
pub mod rate;

use self::{in_flight::InFlightLimit, rate::Rates};
use crate::domain::{clock::SharedClock, quota::Quota};

pub struct Limits {
    pub in_flight: InFlightLimit,
    pub rates: Rates,
}

impl Limits {
    /// `default_quota`: of a tenant that has none of its own.
    pub fn new(default_quota: Quota, max_in_flight: u64, clock: SharedClock) -> Self {
        Self { in_flight: InFlightLimit::new(max_in_flight), rates: Rates::new(default_quota, clock) }
    }
}
