//! Replies by key, in the transaction of the work they answer.
//!
//! A key is claimed by a transaction-level advisory lock: no row is left behind by a crash, and a second request learns
//! at once that the first one is running.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use tokio::sync::Mutex;

pub use super::kept_replies::FingerprintSecrets;
use super::{
    batch::Miss,
    customers::PgCustomers,
    deadline::within,
    kept_replies::{RecordId, Slot},
    partner::PgPartners,
    pool::Pool,
    session::Session,
};
use crate::domain::{caller::Caller, idempotency::Operation};
use crate::service::{
    idempotency::{
        Idempotency, IdempotencyError, IdempotentRequest, Performed, Reply, Retention, Services, Work,
    },
    storage_error::StorageError,
};

#[derive(Clone)]
pub struct PgIdempotency {
    pool: Pool,
    customers: PgCustomers,
    secrets: FingerprintSecrets,
}

impl PgIdempotency {
    /// `customers` on the same database as `pool`.
    pub fn new(pool: Pool, customers: PgCustomers, secrets: FingerprintSecrets) -> Self {
        Self { pool, customers, secrets }
    }

    /// The same, whose simple writes travel with others, as those of `customers` do.
    pub fn with_batches(&self, customers: PgCustomers) -> Self {
        Self { customers, ..self.clone() }
    }
}

/// Where it is simple. It turns out later where it is not.
fn is_one_write(operation: Operation) -> bool {
    match operation {
        Operation::Store | Operation::Update => true,
        Operation::Delete | Operation::CreatePartnerCustomer => false,
    }
}

fn services(customers: PgCustomers) -> Services {
    Services { partners: Arc::new(PgPartners::new(customers.clone())), customers: Arc::new(customers) }
}

#[async_trait]
impl Idempotency for PgIdempotency {
    async fn perform(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError> {
        if is_one_write(request.operation)
            && let Some(reply) = self.perform_in_trip(caller, request, &work).await?
        {
            return Ok(Performed::Executed(reply));
        }
        let (this, caller, request) = (self.clone(), caller.clone(), request.clone());
        let performed = self.pool.detached().run(async move {
            within(this.pool.limits().call(), this.perform_in_transaction(&caller, &request, work)).await?
        });
        performed.await
    }

    /// Runs in the background, so it has no deadline.
    async fn sweep(&self) -> Result<(), StorageError> {
        const BATCH: i64 = 1000;
        loop {
            let removed = self.pool.lend(async |connection| sweep(connection, BATCH).await).await?;
            if removed < BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

impl PgIdempotency {
    /// `None`: nothing was done.
    async fn perform_in_trip(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: &Work,
    ) -> Result<Option<Reply>, IdempotencyError> {
        let slot = Arc::new(Slot::new(RecordId::new(caller, request)));
        let Some(customers) = self.customers.in_trip(&slot) else { return Ok(None) };
        let (this, caller, request, work) = (self.clone(), caller.clone(), request.clone(), work.clone());
        // On this thread, as the trip is.
        let performed = self.pool.detached().run_here(async move {
            let performed = async {
                let reply = work(services(customers)).await;
                this.keep(&caller, &request, &slot, reply).await
            };
            within(this.pool.limits().call(), performed).await?
        });
        performed.await
    }

    async fn keep(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        slot: &Slot,
        reply: Reply,
    ) -> Result<Option<Reply>, IdempotencyError> {
        match slot.keep(&reply, self.secrets.fingerprint(&request.content)).await {
            Ok(Some(writes)) => {
                for write in writes {
                    self.customers.session().succeeded(caller.tenant_id(), write).await;
                }
                Ok(Some(reply))
            }
            Ok(None) | Err(Miss::Alone) => Ok(None),
            Err(Miss::Unknown | Miss::Full) => Err(StorageError::Unavailable.into()),
        }
    }

    async fn perform_in_transaction(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError> {
        let id = RecordId::new(caller, request);
        let mut transaction = self.customers.session().begin(caller.tenant_id()).await?;
        let earlier = id.claim_or_replay(&mut transaction, &self.secrets, &request.content).await;
        if let Some(replayed) = earlier.transpose() {
            transaction.rollback().await?;
            return replayed.map(Performed::Replayed);
        }
        let shared = Arc::new(Mutex::new(transaction));
        let reply = work(services(self.customers.in_session(Session::Transaction(shared.clone())))).await;
        // A service that is still in use could write after the commit.
        let transaction = Arc::try_unwrap(shared).map_err(|_| StorageError::Refused)?;
        let mut transaction = transaction.into_inner();
        if reply.retention == Retention::Nothing {
            transaction.rollback().await?;
            return Ok(Performed::Executed(reply));
        }
        id.keep(&mut transaction, &reply, &self.secrets.fingerprint(&request.content)).await?;
        transaction.commit().await?;
        Ok(Performed::Executed(reply))
    }
}

async fn sweep(connection: &mut PgConnection, at_most: i64) -> Result<u64, StorageError> {
    let removed = sqlx::query!(
        r#"
        delete from idempotency_records
        where (tenant_id, operation, key_digest) in (
            select tenant_id, operation, key_digest
            from idempotency_records
            where expires_at <= now()
            order by expires_at
            limit $1
        )
        "#,
        at_most,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}

impl From<sqlx::Error> for IdempotencyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}
