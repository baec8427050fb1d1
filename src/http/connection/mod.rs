//! Connections: a bounded number, each only for as long as its client makes progress.
//!
//! hyper knows a time limit for the head of a request, and starts it as soon as the one before is answered: it would
//! close connections at rest. It has none for the first bytes, for a client that does not take its answers, and over
//! HTTP/2 for one that asks nothing. So its own is off, and [`progress`] has them all.

mod progress;
mod stream;
mod watched;

use std::{
    future::{Ready, ready},
    io::{self, ErrorKind},
    sync::Arc,
};

use axum::http::HeaderValue;
use axum_server::accept::Accept;
use tokio::{net::TcpStream, sync::Semaphore};

pub use self::progress::TimeLimits;
use self::{progress::Progress, stream::Connection, watched::Watched};
use crate::telemetry::metrics;

/// Accepts connections up to a maximum; above it, new ones are closed at once.
#[derive(Clone)]
pub struct Connections {
    permits: Arc<Semaphore>,
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

    fn admit<S>(&self, stream: TcpStream, service: S) -> io::Result<(Connection, Watched<S>)> {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            metrics::connection_refused();
            return Err(ErrorKind::ConnectionRefused.into());
        };
        stream.set_nodelay(true)?;
        let progress = Progress::new(self.limits);
        let service = Watched::new(service, progress.clone(), self.keep_alive.clone());
        Ok((Connection::new(stream, progress, permit), service))
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Connection;
    type Service = Watched<S>;
    type Future = Ready<io::Result<(Connection, Watched<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.admit(stream, service))
    }
}
