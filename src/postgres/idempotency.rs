//! Replies by key, in the transaction of the work they answer.
//!
//! A key is claimed by a transaction-level advisory lock: no row is left behind by a crash, and a second request learns
//! at once that the first one is running.

use std::sync::Arc;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{customers::PgCustomers, deadline::within, partner::PgPartners, pool::Pool, session::Session};
use crate::domain::caller::Caller;
use crate::service::{
    idempotency::{
        Content, Idempotency, IdempotencyError, IdempotentRequest, KeptReply, Performed, RETENTION_HOURS,
        Reply, Retention, Services, Work,
    },
    storage_error::StorageError,
};

pub struct PgIdempotency {
    pool: Pool,
    customers: PgCustomers,
}

impl PgIdempotency {
    /// `customers` on the same database as `pool`.
    pub fn new(pool: Pool, customers: PgCustomers) -> Self {
        Self { pool, customers }
    }

    /// The services, working in this transaction.
    fn services(&self, session: Session) -> Services {
        let customers = self.customers.within(session);
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
        within(self.pool.limits().call(), self.perform_in_transaction(caller, request, work)).await?
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
        if let Some(replayed) = id.claim_or_replay(&mut transaction, &request.content).await.transpose() {
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
        id.keep(&mut transaction, &reply, &request.content).await?;
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

/// Tenant, operation and key.
struct RecordId {
    tenant: Uuid,
    operation: &'static str,
    key_digest: [u8; 32],
}

impl RecordId {
    fn new(caller: &Caller, request: &IdempotentRequest) -> Self {
        Self {
            tenant: caller.tenant_id().0,
            operation: request.operation.as_str(),
            key_digest: request.key.digest(),
        }
    }

    /// `None`: the request is the first with this key, and has claimed it.
    async fn claim_or_replay(
        &self,
        connection: &mut PgConnection,
        content: &Content,
    ) -> Result<Option<KeptReply>, IdempotencyError> {
        if !self.claim(&mut *connection).await? {
            return Err(IdempotencyError::InProgress);
        }
        let record = self.find(connection).await?;
        record.map(|record| record.replay(content)).transpose()
    }

    /// `false`: another request has claimed it, until its transaction ends.
    #[tracing::instrument(name = "idempotency.claim", skip_all)]
    async fn claim(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let claimed =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "claimed!""#, self.lock());
        claimed.fetch_one(connection).await
    }

    fn lock(&self) -> i64 {
        let mut digest = Sha256::new();
        digest.update(self.tenant.as_bytes());
        digest.update(self.operation);
        digest.update(self.key_digest);
        let digest: [u8; 32] = digest.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        i64::from_be_bytes(first)
    }

    #[tracing::instrument(name = "idempotency.find", skip_all)]
    async fn find(&self, connection: &mut PgConnection) -> Result<Option<Record>, sqlx::Error> {
        sqlx::query_as!(
            Record,
            r#"
            select
                salt,
                fingerprint,
                status,
                content_type,
                etag,
                body,
                erased_at is not null as "erased!"
            from idempotency_records
            where tenant_id = $1
              and operation = $2
              and key_digest = $3
              and expires_at > now()
            "#,
            self.tenant,
            self.operation,
            &self.key_digest,
        )
        .fetch_optional(connection)
        .await
    }

    /// Replaces an expired record that has not been swept yet.
    #[tracing::instrument(name = "idempotency.keep", skip_all)]
    async fn keep(
        &self,
        connection: &mut PgConnection,
        reply: &Reply,
        content: &Content,
    ) -> Result<(), sqlx::Error> {
        let fingerprint = (reply.retention == Retention::Reply).then(|| Fingerprint::new(content));
        sqlx::query!(
            r#"
            insert into idempotency_records (
                tenant_id,
                operation,
                key_digest,
                salt,
                fingerprint,
                customer_number,
                status,
                content_type,
                etag,
                body,
                expires_at
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(hours => $11))
            on conflict (tenant_id, operation, key_digest) do update
            set salt = excluded.salt,
                fingerprint = excluded.fingerprint,
                customer_number = excluded.customer_number,
                status = excluded.status,
                content_type = excluded.content_type,
                etag = excluded.etag,
                body = excluded.body,
                created_at = now(),
                expires_at = excluded.expires_at,
                erased_at = null
            "#,
            self.tenant,
            self.operation,
            &self.key_digest,
            fingerprint.as_ref().map(|fingerprint| fingerprint.salt.as_slice()),
            fingerprint.as_ref().map(|fingerprint| fingerprint.value.as_slice()),
            reply.data_subject.and_then(|urn| urn.stored_number()),
            i16::try_from(reply.kept.status).unwrap_or(i16::MAX),
            reply.kept.content_type,
            reply.kept.etag,
            reply.kept.body,
            RETENTION_HOURS,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// A record as stored.
struct Record {
    salt: Option<Vec<u8>>,
    fingerprint: Option<Vec<u8>>,
    status: i16,
    content_type: Option<String>,
    etag: Option<String>,
    body: Option<Vec<u8>>,
    erased: bool,
}

impl Record {
    fn replay(self, content: &Content) -> Result<KeptReply, IdempotencyError> {
        let Some(body) = self.body.filter(|_| !self.erased) else { return Err(IdempotencyError::Erased) };
        if let Some((salt, fingerprint)) = self.salt.zip(self.fingerprint)
            && Fingerprint::with(&salt, content) != fingerprint
        {
            return Err(IdempotencyError::KeyReused);
        }
        Ok(KeptReply {
            status: self.status.unsigned_abs(),
            content_type: self.content_type,
            etag: self.etag,
            body,
        })
    }
}

/// Tells whether two contents are equal, and reveals nothing else of them. Each record has its own salt, which is erased
/// with it.
struct Fingerprint {
    salt: [u8; 32],
    value: Vec<u8>,
}

impl Fingerprint {
    fn new(content: &Content) -> Self {
        let salt: [u8; 32] = rand::random();
        Self { value: Self::with(&salt, content), salt }
    }

    fn with(salt: &[u8], content: &Content) -> Vec<u8> {
        match Hmac::<Sha256>::new_from_slice(salt) {
            Ok(mac) => mac.chain_update(&content.0).finalize().into_bytes().to_vec(),
            // HMAC takes a key of any length.
            Err(_) => Vec::new(),
        }
    }
}
