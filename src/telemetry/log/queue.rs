//! What is logged and not yet written, in its order.
//!
//! One queue for all threads: a request moves between threads, and its `ERROR` line must come before its own line.

use std::{
    io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::request_lines::Line;
use crate::telemetry::metrics;

/// As many again may be in the hands of the writer.
pub const MAX_WAITING: usize = 50_000;

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Entry>,
    dropped: u64,
    omitted: u64,
    is_closed: bool,
}

pub enum Entry {
    Request(Line),
    /// A line of `tracing`, as it is written.
    Event(Box<[u8]>),
}

/// Everything there was, at one moment.
pub struct Batch {
    pub entries: Vec<Entry>,
    /// Lines after these for which the queue had no room.
    pub dropped: u64,
    /// Lines beyond those that strangers get a second.
    pub omitted: u64,
    pub is_last: bool,
}

impl Queue {
    /// Never waits for the writer.
    pub fn push(&self, entry: Entry) {
        let has_room = self.change(|state| {
            let has_room = state.waiting.len() < MAX_WAITING;
            if has_room {
                state.waiting.push(entry);
            } else {
                state.dropped += 1;
            }
            has_room
        });
        if !has_room {
            metrics::log_line_dropped();
        }
    }

    pub fn omit(&self) {
        self.change(|state| state.omitted += 1);
    }

    /// The next batch is the last.
    pub fn close(&self) {
        self.change(|state| state.is_closed = true);
    }

    /// Waits until there is something. Omitted lines go on being counted until `with_omitted`, or the last batch.
    pub fn take(&self, with_omitted: bool) -> Batch {
        let state = self.filled.wait_while(self.state(), |state| state.is_idle());
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let omitted = if with_omitted || state.is_closed { mem::take(&mut state.omitted) } else { 0 };
        Batch {
            entries: mem::take(&mut state.waiting),
            dropped: mem::take(&mut state.dropped),
            omitted,
            is_last: state.is_closed,
        }
    }

    /// Wakes the writer from its rest; while there is something, it does not rest.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let was_idle = state.is_idle();
        let outcome = change(&mut state);
        drop(state);
        if was_idle {
            self.filled.notify_one();
        }
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.dropped == 0 && self.omitted == 0 && !self.is_closed
    }
}

/// For the layer of `tracing`, which writes each line at once.
pub struct EventWriter(Arc<Queue>);

impl EventWriter {
    pub fn new(queue: Arc<Queue>) -> Self {
        Self(queue)
    }
}

impl io::Write for EventWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(Entry::Event(line.into()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
