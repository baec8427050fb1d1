//! Where statements run: on a connection of the pool, or inside one transaction that several calls share.
//!
//! Every call on the pool goes through [`Session::run`]: it waits for a permit of the tenant, ends in time, and gives
//! the connection back.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{PgConnection, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager;
use tokio::sync::Mutex;
use tracing::{Instrument, info_span};

use super::{
    deadline::within,
    fair_queue::{FairQueue, Permit},
    kept_replies::Slot,
    pool::{Failure, Pool, Pooled},
};
use crate::domain::{customer_write::CustomerWrite, tenant::TenantId};
use crate::service::{news::NewsBoard, storage_error::StorageError};
use crate::telemetry::metrics;

/// The way of a service to the database. Inside a transaction all its calls are one unit, which the code that began
/// the transaction commits.
#[derive(Clone)]
pub enum Session {
    Pool {
        pool: Pool,
        queue: FairQueue,
        news: NewsBoard,
    },
    Transaction(SharedTransaction),
    /// One write among others, by a batch. There is no connection for anything else: all else is refused.
    Trip(Arc<Slot>),
}

pub type SharedTransaction = Arc<Mutex<Transaction>>;

impl Session {
    /// `news` is told of every change that is committed.
    pub fn new(pool: Pool, news: NewsBoard) -> Self {
        Self::Pool { queue: FairQueue::new(&pool), pool, news }
    }

    /// Runs `work` on a connection, once the tenant has a permit.
    ///
    /// `work` may run twice, see [`Pool::lend`]. Ends within [`super::connect::PoolLimits::call`], if only with
    /// [`StorageError::Unavailable`]. Inside a transaction there is one connection, lent to one call at a time, and the
    /// deadline is that of the outer call.
    pub async fn run<T, E: Failure + From<StorageError>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E> + Clone,
    ) -> Result<T, E> {
        match self {
            Self::Pool { pool, queue, news: _ } => {
                let call = async {
                    let _permit = queue.acquire(tenant).await?;
                    pool.lend(work).await
                };
                within(pool.limits().call(), call).await?
            }
            Self::Transaction(shared) => {
                let mut transaction = shared.lock().await;
                let outcome = work(&mut transaction).await;
                if outcome.as_ref().err().and_then(E::storage_error) == Some(StorageError::Outdated) {
                    // The transaction is lost. Only the outer call could begin again.
                    transaction.connection.pool().forget_statements();
                }
                outcome
            }
            Self::Trip(_) => Err(StorageError::Refused.into()),
        }
    }

    /// Runs a call to its end, even if its caller is gone. Inside a transaction the outer call does that for all.
    pub async fn detached<T: Send + 'static>(&self, call: impl Future<Output = T> + Send + 'static) -> T {
        match self {
            Self::Pool { pool, .. } => pool.detached().run(call).await,
            Self::Transaction(_) | Self::Trip(_) => call.await,
        }
    }

    /// A transaction for several calls to share.
    pub async fn begin(&self, tenant: TenantId) -> Result<Transaction, StorageError> {
        // Inside a transaction another one could not be committed by itself.
        let Self::Pool { pool, queue, news } = self else { return Err(StorageError::Refused) };
        let permit = queue.acquire(tenant).await?;
        let mut connection = pool.acquire().await?;
        PgTransactionManager::begin(&mut connection, None)
            .instrument(info_span!("transaction.begin"))
            .await?;
        Ok(Transaction { connection, permit, tenant, news: news.clone(), has_changes: false })
    }

    /// Counts a write of this tenant, and tells who waits for its events: now, or once the transaction around it is
    /// committed.
    pub async fn succeeded(&self, tenant: TenantId, write: CustomerWrite) {
        match self {
            Self::Pool { news, .. } => {
                metrics::succeeded(write);
                news.announce(tenant);
            }
            Self::Transaction(shared) => {
                metrics::succeeded(write);
                shared.lock().await.has_changes = true;
            }
            Self::Trip(slot) => slot.succeeded(write),
        }
    }
}

/// A transaction on a connection of its own. Dropped before its end, it closes the connection, which undoes it.
pub struct Transaction {
    connection: Pooled,
    permit: Permit,
    tenant: TenantId,
    news: NewsBoard,
    has_changes: bool,
}

impl Transaction {
    #[tracing::instrument(name = "transaction.commit", skip_all)]
    pub async fn commit(mut self) -> Result<(), StorageError> {
        PgTransactionManager::commit(&mut self.connection).await?;
        if self.has_changes {
            self.news.announce(self.tenant);
        }
        self.end();
        Ok(())
    }

    #[tracing::instrument(name = "transaction.rollback", skip_all)]
    pub async fn rollback(mut self) -> Result<(), StorageError> {
        PgTransactionManager::rollback(&mut self.connection).await?;
        self.end();
        Ok(())
    }

    fn end(self) {
        self.connection.give_back();
        drop(self.permit);
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
