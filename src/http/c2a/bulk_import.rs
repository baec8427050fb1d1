//! A bulk request under way: lines are read while the body arrives, and carried out in batches.
//!
//! The answers are held back until it is read: clients that write first and read later would otherwise wait for a server
//! that waits for them.

use std::time::Duration;

use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use super::{
    bulk_answers::Answers,
    bulk_line::ReadLine,
    caller::{Authorized, WriteOrDelete},
};
use crate::domain::bulk::Mode;
use crate::http::{
    body::{lines::Lines, unrecognized::Unrecognized},
    failure::Failure,
    frame::correlation,
    state::SharedApp,
};

/// A batch ends with so many lines, or so many bytes of them: what its lines come to is in memory, too.
const BATCH_LINES: usize = 500;
const BATCH_BYTES: usize = 512 * 1024;
/// Lines that one request of the tenant's quota is good for.
const LINES_PER_REQUEST: usize = 50;
/// Lines that are read before other requests of the thread get their turn.
const LINES_AT_A_STRETCH: usize = 16;

/// A bulk request under way.
pub struct Import {
    app: SharedApp,
    caller: Authorized<WriteOrDelete>,
    mode: Mode,
    stop_after: u32,
    lines: Lines,
    /// Read and not carried out.
    batch: Vec<ReadLine>,
    batch_bytes: usize,
    /// Of the batch, lines that fail whatever becomes of the others.
    wrong: u32,
    /// Lines so far.
    read: usize,
    /// Requests of the tenant's quota that they were counted as.
    counted: usize,
    unrecognized: Unrecognized,
    answers: Answers,
}

/// What came of it.
pub struct Imported {
    pub answers: Answers,
    pub unrecognized: Unrecognized,
    /// The error: why the body was not read to its end. A batch that had not begun by then is not carried out.
    pub end: Result<(), Failure>,
}

impl Import {
    pub fn new(
        app: SharedApp,
        caller: Authorized<WriteOrDelete>,
        mode: Mode,
        stop_after: Option<u32>,
        lines: Lines,
    ) -> Self {
        Self {
            app,
            caller,
            mode,
            stop_after: stop_after.unwrap_or(u32::MAX),
            lines,
            batch: Vec::new(),
            batch_bytes: 0,
            wrong: 0,
            read: 0,
            // The request itself has been counted.
            counted: 1,
            unrecognized: Unrecognized::default(),
            answers: Answers::new(mode, correlation::current()),
        }
    }

    pub async fn run(mut self) -> Imported {
        let end = self.carry_out_all().await;
        let Self { answers, unrecognized, .. } = self;
        Imported { answers, unrecognized, end }
    }

    async fn carry_out_all(&mut self) -> Result<(), Failure> {
        while let Some(line) = self.lines.next().await? {
            if self.has_stopped() {
                // What is not read would keep the client from reading the answer.
                self.answers.stop();
                continue;
            }
            self.read += 1;
            self.batch_bytes += line.bytes.len();
            let line = ReadLine::of(&line, &self.caller, &mut self.unrecognized);
            self.wrong += u32::from(line.asked.is_err());
            self.batch.push(line);
            if self.read.is_multiple_of(LINES_AT_A_STRETCH) {
                yield_now().await;
            }
            let is_full = self.batch.len() == BATCH_LINES || self.batch_bytes >= BATCH_BYTES;
            if is_full || self.answers.failed() + self.wrong >= self.stop_after {
                self.carry_out().await?;
            }
        }
        self.carry_out().await
    }

    fn has_stopped(&self) -> bool {
        self.answers.failed() >= self.stop_after
    }

    async fn carry_out(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.count_against_quota().await?;
        let batch = std::mem::take(&mut self.batch);
        (self.batch_bytes, self.wrong) = (0, 0);
        let mut lines = Vec::with_capacity(batch.len());
        let mut read = Vec::with_capacity(batch.len());
        for ReadLine { number, reference, asked } in batch {
            read.push((number, reference, asked.map(|line| lines.push(line))));
        }
        let mut done = self.app.customers.bulk(&self.caller, lines, self.mode).await.into_iter();
        for (number, reference, asked) in read {
            let answer = asked.and_then(|()| {
                // There is one for each line.
                let done = done.next().ok_or(Failure::Internal)?;
                done.map_err(|error| self.caller.failure(error))
            });
            self.answers.add(number, reference.as_ref(), answer);
        }
        Ok(())
    }

    /// Waits where the quota is used up: a request that has begun is slowed down, not refused.
    async fn count_against_quota(&mut self) -> Result<(), Failure> {
        while self.counted < self.read.div_ceil(LINES_PER_REQUEST) {
            let status = self.app.limits.rates.count(&self.caller.tenant).await;
            match status.wait() {
                None => self.counted += 1,
                Some(wait) => self.wait(wait).await?,
            }
        }
        Ok(())
    }

    async fn wait(&mut self, wait: Duration) -> Result<(), Failure> {
        let patience = &mut self.lines.patience;
        timeout(*patience, sleep(wait)).await.map_err(|_| Failure::TooManyRequests)?;
        *patience = patience.saturating_sub(wait);
        Ok(())
    }
}
