//! The questions on customers that travel together, and the connections they travel on.

use std::{sync::Arc, time::Duration};

use tracing::{Instrument, info_span};

use super::{
    info::{Find, Found, Wanted},
    store::{Insert, Inserted, NewCustomer},
    validate::{Claimed, IsTaken},
    write::{ChangedCustomer, Write, Written},
};
use crate::postgres::{
    batch::{Batch, Lanes, Miss, Op},
    connect::PoolLimits,
    deadline::within,
    kept_replies::{Keyed, Slot},
    pool::Pool,
};
use crate::service::storage_error::StorageError;

/// Connections for reads, and as many for writes: a read never waits for a commit. A third gains nothing, because trips
/// carry less each.
const LANES: usize = 2;
/// Everybody in a trip waits for a row that one of them needs. Those go alone soon, and wait there for as long as they may.
const WRITE_LOCK_TIMEOUT: Duration = Duration::from_millis(30);

/// One set for each thread that serves, cheap to clone.
#[derive(Clone)]
pub struct Batches {
    reads: Lanes,
    writes: Lanes,
    find: Arc<Batch<Find>>,
    is_taken: Arc<Batch<IsTaken>>,
    insert: Arc<Batch<Insert>>,
    write: Arc<Batch<Write>>,
    keyed_insert: Arc<Batch<Keyed<Insert>>>,
    keyed_write: Arc<Batch<Keyed<Write>>>,
    /// Of a request with a key.
    slot: Option<Arc<Slot>>,
    /// Of a question, from when it is asked.
    timeout: Duration,
}

/// What became of a question.
pub(super) enum Answer<T> {
    Row(T),
    NoRow,
    /// It has to be asked by itself, which is safe: nothing has happened, or it only reads.
    Alone,
}

/// The error: there was no answer in time, the tenant has too many questions, or a write may have happened.
type Answered<T> = Result<Answer<T>, StorageError>;

impl Batches {
    /// On connections of their own, beside those of `pool`.
    pub fn beside(pool: &Pool) -> Self {
        let limits = PoolLimits { connections: 1, ..*pool.limits() };
        let lanes = |limits: &PoolLimits| Lanes::new((0..LANES).map(|_| pool.beside(limits)));
        let reads = lanes(&limits);
        let writes =
            lanes(&PoolLimits { lock_timeout: limits.lock_timeout.min(WRITE_LOCK_TIMEOUT), ..limits });
        Self {
            find: Batch::new(&reads),
            is_taken: Batch::new(&reads),
            insert: Batch::new(&writes),
            write: Batch::new(&writes),
            keyed_insert: Batch::new(&writes),
            keyed_write: Batch::new(&writes),
            slot: None,
            reads,
            writes,
            timeout: limits.call(),
        }
    }

    pub(super) async fn find(&self, wanted: Wanted) -> Answered<Found> {
        self.ask(&self.find, wanted).instrument(info_span!("customers.info")).await
    }

    pub(super) async fn is_taken(&self, claimed: Claimed) -> Answered<()> {
        self.ask(&self.is_taken, claimed).instrument(info_span!("customers.validate")).await
    }

    pub(super) async fn insert(&self, customer: NewCustomer) -> Answered<Inserted> {
        let insert = self.ask_to_write(&self.insert, &self.keyed_insert, customer);
        insert.instrument(info_span!("customers.store")).await
    }

    pub(super) async fn write(&self, customer: ChangedCustomer) -> Answered<Written> {
        let write = self.ask_to_write(&self.write, &self.keyed_write, customer);
        write.instrument(info_span!("customers.update")).await
    }

    /// The same, whose one write is kept with a reply.
    pub(super) fn with_slot(self, slot: Arc<Slot>) -> Self {
        Self { slot: Some(slot), ..self }
    }

    /// Waits for what is under way, and closes the connections.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writes.close().await;
    }

    async fn ask<O: Op>(&self, batch: &Arc<Batch<O>>, ask: O::Ask) -> Answered<O::Answer> {
        answered::<O>(within(self.timeout, batch.ask(ask)).await?)
    }

    /// With its reply, where the request has a key.
    async fn ask_to_write<O: Op>(
        &self,
        plain: &Arc<Batch<O>>,
        keyed: &Arc<Batch<Keyed<O>>>,
        ask: O::Ask,
    ) -> Answered<O::Answer> {
        match &self.slot {
            None => self.ask(plain, ask).await,
            Some(slot) => answered::<O>(within(self.timeout, slot.ask(keyed, ask)).await?),
        }
    }
}

fn answered<O: Op>(reply: Result<Option<O::Answer>, Miss>) -> Answered<O::Answer> {
    match reply {
        Ok(Some(row)) => Ok(Answer::Row(row)),
        Ok(None) => Ok(Answer::NoRow),
        Err(Miss::Alone) => Ok(Answer::Alone),
        Err(Miss::Unknown) if O::IS_READ => Ok(Answer::Alone),
        Err(Miss::Unknown | Miss::Full) => Err(StorageError::Unavailable),
    }
}
