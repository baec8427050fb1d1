//! Replies by key, in the transaction of the work they answer.
//!
//! A key is claimed by a transaction-level advisory lock: no row is left behind by a crash, and a second request learns
//! at once that the first one is running.

mod fingerprint;
mod record;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use tokio::sync::Mutex;

pub use self::fingerprint::FingerprintSecrets;
use self::record::RecordId;
use super::{customers::PgCustomers, deadline::within, partner::PgPartners, pool::Pool, session::Session};
use crate::domain::caller::Caller;
use crate::service::{
    idempotency::{Idempotency, IdempotencyError, IdempotentRequest, Performed, Retention, Services, Work},
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

    /// The services, working in this transaction.
    fn services(&self, session: Session) -> Services {
        let customers = self.customers.in_session(session);
        Services { partners: Arc::new(PgPartners::new(customers.clone())), customers: Arc::new(customers) }
    }
}

#[async_trait]
impl Idempotency for PgIdempotency {
    async fn perform(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError> {
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
        let reply = work(self.services(Session::Transaction(shared.clone()))).await;
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
