//! Connections: a bounded number, none of them silent for long.
//!
//! The server waits for the first bytes of a connection to tell HTTP/1 from HTTP/2, and has no time-out for that:
//! the one for heads of requests starts later. And over HTTP/2 it lets a client that says no more stay for ever.

use std::{
    future::{Future, Ready, ready},
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

use crate::telemetry::metrics::{self, Present};

/// How HTTP/2 begins (RFC 9113, 3.4); anything else is HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts connections while there is room for one more; the others are closed at once.
#[derive(Clone)]
pub struct Connections {
    room: Arc<Semaphore>,
    first_bytes: Duration,
    idle: Duration,
}

impl Connections {
    /// `first_bytes`: time to show which HTTP it is. `idle`: time without a byte in either direction.
    pub fn new(most: u64, first_bytes: Duration, idle: Duration) -> Self {
        let most = usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(most)), first_bytes, idle }
    }

    fn admit(&self, stream: TcpStream) -> io::Result<Connection> {
        let Ok(room) = self.room.clone().try_acquire_owned() else {
            metrics::connection_refused();
            return Err(ErrorKind::ConnectionRefused.into());
        };
        stream.set_nodelay(true)?;
        let unsure = Unsure { seen: 0, deadline: Box::pin(sleep(self.first_bytes)) };
        let silence =
            Silence { last_byte: Instant::now(), most: self.idle, alarm: Box::pin(sleep(self.idle)) };
        Ok(Connection { stream, unsure: Some(unsure), silence, _room: room, _present: Present::connection() })
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.admit(stream).map(|connection| (connection, service)))
    }
}

pub struct Connection {
    stream: TcpStream,
    unsure: Option<Unsure>,
    silence: Silence,
    _room: OwnedSemaphorePermit,
    _present: Present,
}

/// While all that came is a part of [`PREFACE`].
struct Unsure {
    seen: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Unsure {
    /// `None` once it is clear what the client speaks, or that it speaks no more.
    fn after(mut self, bytes: &[u8]) -> Option<Self> {
        let goes_on = !bytes.is_empty() && PREFACE[self.seen..].starts_with(bytes);
        self.seen += bytes.len();
        (goes_on && self.seen < PREFACE.len()).then_some(self)
    }
}

/// Since the last byte in either direction. A request takes far less than [`Self::most`], and its answer is bytes.
struct Silence {
    last_byte: Instant,
    most: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl Silence {
    fn end(&mut self) {
        self.last_byte = Instant::now();
    }

    /// The alarm is moved when it rings rather than with every byte.
    fn poll_too_long(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.alarm.as_mut().poll(context).is_ready() {
            let end = self.last_byte + self.most;
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl Connection {
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let too_late = self.unsure.as_mut().map(|unsure| unsure.deadline.as_mut().poll(context));
        if too_late.is_some_and(|poll| poll.is_ready()) {
            return Poll::Ready(());
        }
        self.silence.poll_too_long(context)
    }

    fn written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.silence.end();
        }
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            return self.poll_patience(context).map(|()| Err(ErrorKind::TimedOut.into()));
        }
        self.silence.end();
        self.unsure = self.unsure.take().and_then(|unsure| unsure.after(&buffer.filled()[before..]));
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
