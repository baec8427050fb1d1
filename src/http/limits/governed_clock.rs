//! Our clock, as `governor` asks for the time.

use std::time::Duration;

use governor::clock::Clock;

use crate::domain::clock::SharedClock;

#[derive(Clone)]
pub struct GovernedClock(pub SharedClock);

impl Clock for GovernedClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
