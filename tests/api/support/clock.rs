//! A clock that stands still until a test turns it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use azotte_customers::domain::clock::{Clock, SharedClock};
use chrono::{DateTime, Utc};

#[derive(Clone)]
pub struct TurnedClock {
    start: DateTime<Utc>,
    turned: Arc<Mutex<Duration>>,
}

impl TurnedClock {
    /// At the time of its making.
    pub fn new() -> Self {
        Self { start: Utc::now(), turned: Arc::default() }
    }

    pub fn turn(&self, by: Duration) {
        *self.turned.lock().unwrap() += by;
    }

    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> DateTime<Utc> {
        self.start + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.turned.lock().unwrap()
    }
}
