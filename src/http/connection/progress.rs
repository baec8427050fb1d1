//! Whether a connection makes progress, and until when it must.
//!
//! Bytes are no progress: a client can send pings for ever, and ask without taking the answers. What counts are requests
//! that begin, answers that are taken, and bytes that an answer could be written by.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a connection may stay in each state.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// For the client to take the next part of an answer.
    pub stall: Duration,
    /// Between two requests.
    pub idle: Duration,
}

/// Shared by the stream of a connection, which sees bytes, and its service, which sees requests.
pub struct Progress {
    limits: TimeLimits,
    state: Mutex<State>,
}

struct State {
    protocol: Protocol,
    /// Requests that began, and whose answers are not all taken.
    open: usize,
    /// When the last open request ended, or the connection was made.
    rest_since: Instant,
    /// When the head began that is still being received. HTTP/1 only.
    head_since: Option<Instant>,
    /// When the socket stopped taking what is to be written.
    blocked_since: Option<Instant>,
    /// Answers that are made and not all taken, and when the last part of each was taken.
    waiting: Vec<(u64, Instant)>,
    next_id: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// As many bytes of the preface of HTTP/2 came.
    Undetected(usize),
    Http1,
    Http2,
}

/// How HTTP/2 begins (RFC 9113, 3.4); anything else is HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Protocol {
    fn after(self, bytes: &[u8]) -> Self {
        let Self::Undetected(seen) = self else { return self };
        let expected = &PREFACE[seen..];
        if bytes.len() >= expected.len() && bytes.starts_with(expected) {
            Self::Http2
        } else if !bytes.is_empty() && expected.starts_with(bytes) {
            Self::Undetected(seen + bytes.len())
        } else {
            Self::Http1
        }
    }
}

impl Progress {
    pub fn new(limits: TimeLimits) -> Arc<Self> {
        let state = State {
            protocol: Protocol::Undetected(0),
            open: 0,
            rest_since: Instant::now(),
            head_since: None,
            blocked_since: None,
            waiting: Vec::new(),
            next_id: 0,
        };
        Arc::new(Self { limits, state: Mutex::new(state) })
    }

    /// Until when the present state may last; `None` while only the server is at work.
    pub fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let stalled = state.waiting.iter().map(|(_, since)| *since).chain(state.blocked_since).min();
        if let Some(since) = stalled {
            return Some(since + self.limits.stall);
        }
        match (state.open, state.head_since, state.protocol) {
            (0, Some(since), _) => Some(since + self.limits.head),
            (0, None, Protocol::Undetected(_)) => Some(state.rest_since + self.limits.head),
            (0, None, Protocol::Http1 | Protocol::Http2) => Some(state.rest_since + self.limits.idle),
            (_, _, _) => None,
        }
    }

    /// How soon to look again while there is no deadline.
    pub fn recheck(&self) -> Duration {
        self.limits.stall
    }

    pub fn note_read(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.protocol = state.protocol.after(bytes);
        if state.protocol == Protocol::Http1 && state.open == 0 {
            state.head_since.get_or_insert_with(Instant::now);
        }
    }

    pub fn note_written(&self) {
        self.state().blocked_since = None;
    }

    pub fn note_blocked(&self) {
        self.state().blocked_since.get_or_insert_with(Instant::now);
    }

    /// A head is complete.
    pub fn begin_request(self: &Arc<Self>) -> OpenRequest {
        let mut state = self.state();
        state.open += 1;
        state.head_since = None;
        let id = state.next_id;
        state.next_id += 1;
        drop(state);
        OpenRequest { progress: self.clone(), id }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request whose answer is not all taken. Dropped, it has ended.
pub struct OpenRequest {
    progress: Arc<Progress>,
    id: u64,
}

impl OpenRequest {
    /// The answer is there, or a part of it was taken: the client has time for the next.
    pub fn wait_for_client(&self) {
        let mut state = self.progress.state();
        state.waiting.retain(|(id, _)| *id != self.id);
        state.waiting.push((self.id, Instant::now()));
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut state = self.progress.state();
        state.waiting.retain(|(id, _)| *id != self.id);
        state.open -= 1;
        if state.open == 0 {
            state.rest_since = Instant::now();
        }
    }
}
