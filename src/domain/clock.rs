//! What time it is: a parameter wherever a rule depends on it, so that tests turn the time instead of waiting.
//!
//! Rules that SQL decides go by the database's clock, which is one for all servers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

pub trait Clock: Send + Sync {
    /// The time of day. It can be set back.
    fn now(&self) -> DateTime<Utc>;

    /// Time since a fixed moment in the past. It never goes back.
    fn elapsed(&self) -> Duration;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
pub struct SystemClock {
    since: Instant,
}

impl SystemClock {
    pub fn shared() -> SharedClock {
        Arc::new(Self { since: Instant::now() })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}
