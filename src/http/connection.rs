//! A connection has a limited time to show which HTTP it speaks.
//!
//! The server waits for the first bytes to tell HTTP/1 from HTTP/2, and has no time-out for that: the one for
//! heads of requests starts later. A client that says nothing would keep its connection for ever.

use std::{
    future::{Future, Ready, ready},
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How HTTP/2 begins (RFC 9113, 3.4); anything else is HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts connections and gives each this long.
#[derive(Clone, Copy)]
pub struct FirstBytes(pub Duration);

impl<S> Accept<TcpStream, S> for FirstBytes {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let unsure = Unsure { seen: 0, deadline: Box::pin(sleep(self.0)) };
        let connection = Connection { stream, unsure: Some(unsure) };
        ready(connection.stream.set_nodelay(true).map(|()| (connection, service)))
    }
}

pub struct Connection {
    stream: TcpStream,
    unsure: Option<Unsure>,
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

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(mut unsure) = self.unsure.take() else { return read };
        if read.is_ready() {
            self.unsure = unsure.after(&buffer.filled()[before..]);
            return read;
        }
        let is_over = unsure.deadline.as_mut().poll(context);
        self.unsure = Some(unsure);
        is_over.map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
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
