//! How much the server takes on: of all callers together, and of one tenant in a second.
//!
//! How many of the database's connections one tenant gets is decided where they are: `postgres/fair_queue.rs`.

pub mod governed_clock;
pub mod in_flight;
pub mod places;
pub mod rate;

use std::{sync::Arc, time::Duration};

use self::{in_flight::InFlightLimit, places::Places, rate::Rates};
use crate::domain::{clock::SharedClock, quota::Quota};
use crate::telemetry::metrics::Present;

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

/// Of bulk requests.
#[derive(Clone)]
pub struct ImportLimits {
    pub places: Arc<Places>,
    /// How long one may keep the server waiting, all in all.
    pub patience: Duration,
}

impl ImportLimits {
    /// One tenant gets a quarter of the places.
    pub fn new(places: usize, patience: Duration) -> Self {
        Self { places: Places::new(places, places.div_ceil(4), Present::import), patience }
    }
}
