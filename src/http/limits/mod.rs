//! How much the server takes on: of everybody at the gate, and of one tenant in a second.
//!
//! How many of the database's connections one tenant gets is decided where they are: `postgres/turns.rs`.

pub mod gate;
pub mod rate;

use self::{gate::Gate, rate::Rates};
use crate::domain::quota::Quota;

pub struct Limits {
    gate: Gate,
    rates: Rates,
}

impl Limits {
    /// `everybody`: the quota of a tenant that has none of its own.
    pub fn new(everybody: Quota, max_in_flight: u64) -> Self {
        Self { gate: Gate::new(max_in_flight), rates: Rates::new(everybody) }
    }
}
