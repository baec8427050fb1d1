//! Connections: a bounded number, each only for as long as its client makes progress.
//!
//! hyper knows a time limit for the head of a request, and starts it as soon as the one before is answered: it would
//! close connections at rest. It has none for the first bytes, for a client that does not take its answers, and over
//! HTTP/2 for one that asks nothing. So its own is off, and [`progress`] has them all.

mod progress;
mod stream;
mod watched;

use std::{io, sync::Arc};

use axum::http::HeaderValue;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use self::progress::Progress;
pub use self::{progress::TimeLimits, stream::Connection, watched::Watch};
use crate::telemetry::metrics;

/// Admits connections up to a maximum; above it, new ones are closed at once.
pub struct Connections {
    permits: Arc<Semaphore>,
    limits: TimeLimits,
    keep_alive: HeaderValue,
}

/// A connection that may be served, on whichever thread.
pub struct Admitted {
    stream: std::net::TcpStream,
    permit: OwnedSemaphorePermit,
    limits: TimeLimits,
    keep_alive: HeaderValue,
}

impl Connections {
    pub fn new(max: u64, limits: TimeLimits) -> Self {
        let max = usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        let keep_alive = HeaderValue::try_from(format!("timeout={}", limits.idle.as_secs()));
        Self {
            permits: Arc::new(Semaphore::new(max)),
            limits,
            // Letters and digits are always a header value.
            keep_alive: keep_alive.unwrap_or(HeaderValue::from_static("timeout=1")),
        }
    }

    /// `None`, and the connection is closed, where there are as many as may be.
    pub fn admit(&self, stream: TcpStream) -> Option<Admitted> {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            metrics::connection_refused();
            return None;
        };
        let stream = stream.into_std().ok()?;
        Some(Admitted { stream, permit, limits: self.limits, keep_alive: self.keep_alive.clone() })
    }
}

impl Admitted {
    /// Its time begins, on the runtime that calls this.
    pub fn open(self) -> io::Result<(Connection, Watch)> {
        let stream = TcpStream::from_std(self.stream)?;
        stream.set_nodelay(true)?;
        let progress = Progress::new(self.limits);
        let watch = Watch::new(progress.clone(), self.keep_alive);
        Ok((Connection::new(stream, progress, self.permit), watch))
    }
}
