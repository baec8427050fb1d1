//! How a request with a key has its one write done in a trip with others.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    fingerprint::Fingerprint,
    record::RecordId,
    together::{Keyed, KeyedAsk, Question, ReplyToKeep},
};
use crate::domain::customer_write::CustomerWrite;
use crate::postgres::batch::{Batch, Miss, Op};
use crate::service::idempotency::{Reply, Retention};

/// The request, and what it has written: not committed before [`Slot::keep`].
pub struct Slot {
    record: RecordId,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    writes: Vec<CustomerWrite>,
}

/// A transaction that waits for the reply.
struct Open {
    reply: oneshot::Sender<ReplyToKeep>,
    committed: Committed,
}

type Committed = Pin<Box<dyn Future<Output = Result<Option<()>, Miss>> + Send>>;

impl Slot {
    pub fn new(record: RecordId) -> Self {
        Self { record, state: Mutex::default() }
    }

    /// What is written, but not yet committed. `None`: nothing was done, and the request has to go alone.
    pub async fn ask<O: Op>(
        &self,
        batch: &Arc<Batch<Keyed<O>>>,
        ask: O::Ask,
    ) -> Result<Option<O::Answer>, Miss> {
        if self.state().open.is_some() {
            // One transaction, one write.
            return Err(Miss::Alone);
        }
        let (answer, answered) = oneshot::channel();
        let (reply, replied) = oneshot::channel();
        let ask = KeyedAsk::new(self.record.clone(), Question { ask, answer, reply: replied });
        let batch = batch.clone();
        let mut committed: Committed = Box::pin(async move { batch.ask(ask).await });
        tokio::select! {
            biased;
            Ok(answer) = answered => {
                self.state().open = Some(Open { reply, committed });
                Ok(Some(answer))
            }
            outcome = &mut committed => outcome.map(|_| None),
        }
    }

    /// To be counted once it is committed.
    pub fn succeeded(&self, write: CustomerWrite) {
        self.state().writes.push(write);
    }

    /// Commits what was written together with the reply. `None`: nothing was written.
    pub async fn keep(
        &self,
        reply: &Reply,
        fingerprint: Fingerprint,
    ) -> Result<Option<Vec<CustomerWrite>>, Miss> {
        let State { open, writes } = mem::take(&mut *self.state());
        let Some(Open { reply: asker, committed }) = open else { return Ok(None) };
        match (reply.retention, reply.data_subjects.as_slice()) {
            (Retention::Reply, [customer]) => {
                let Some(customer_number) = customer.stored_number() else { return Ok(None) };
                let reply = ReplyToKeep { customer_number, reply: reply.kept.clone(), fingerprint };
                // Where the trip has ended, it tells how.
                asker.send(reply).ok();
                Ok(committed.await?.map(|()| writes))
            }
            // Without its reply the transaction is undone.
            (Retention::Reply | Retention::Nothing, _) => Ok(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
