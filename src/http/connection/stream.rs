//! The stream of one connection, which ends when its [`Progress`] is overdue.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};

use super::progress::Progress;
use crate::telemetry::metrics::Present;

pub struct Connection {
    stream: TcpStream,
    progress: Arc<Progress>,
    alarm: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
    _present: Present,
}

impl Connection {
    pub fn new(stream: TcpStream, progress: Arc<Progress>, permit: OwnedSemaphorePermit) -> Self {
        let alarm = Box::pin(sleep_until(progress.deadline().unwrap_or_else(Instant::now)));
        Self { stream, progress, alarm, _permit: permit, _present: Present::connection() }
    }

    /// Ready once the present state has lasted too long. Asked whenever the connection has to wait, in whichever
    /// direction: hyper does not always wait in both.
    ///
    /// The alarm is moved when it rings, and when it would ring too late: not with every request.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline = self.progress.deadline();
            if let Some(deadline) = deadline.filter(|deadline| *deadline < self.alarm.deadline()) {
                self.alarm.as_mut().reset(deadline);
            }
            if self.alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            match deadline {
                Some(deadline) if deadline <= Instant::now() => return Poll::Ready(()),
                Some(deadline) => self.alarm.as_mut().reset(deadline),
                // The server is at work: its next state is told by a poll.
                None => self.alarm.as_mut().reset(Instant::now() + self.progress.recheck()),
            }
        }
    }

    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.poll_overdue(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }

    fn after_write<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_pending() {
            self.progress.note_blocked();
            return self.wait(context);
        }
        self.progress.note_written();
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
            return self.wait(context);
        }
        self.progress.note_read(&buffer.filled()[before..]);
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
        self.after_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.after_write(context, written)
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
