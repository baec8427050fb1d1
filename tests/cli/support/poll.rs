//! Waiting for what happens in another process.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The first `Some` that `look` returns. Panics after a minute, which is far longer than anything here takes.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(Duration::from_secs(60), what, look)
}

/// As [`eventually`], for what would happen by itself a while later.
pub fn within<T>(bound: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + bound;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {bound:?} in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
