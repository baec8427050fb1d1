//! The stored record of a key: claimed, read and written in the transaction of the work.

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::fingerprint::{Fingerprint, FingerprintSecrets};
use crate::domain::{caller::Caller, customer_urn::CustomerUrn};
use crate::service::idempotency::{
    Content, IdempotencyError, IdempotentRequest, KeptReply, RETENTION_HOURS, Reply,
};

/// Tenant, operation and key.
#[derive(Clone)]
pub struct RecordId {
    pub(super) tenant: Uuid,
    pub(super) operation: &'static str,
    pub(super) key_digest: [u8; 32],
}

impl RecordId {
    pub fn new(caller: &Caller, request: &IdempotentRequest) -> Self {
        Self {
            tenant: caller.tenant_id().0,
            operation: request.operation.as_str(),
            key_digest: request.key.digest(),
        }
    }

    /// `None`: the request is the first with this key, and has claimed it.
    pub async fn claim_or_replay(
        &self,
        connection: &mut PgConnection,
        secrets: &FingerprintSecrets,
        content: &Content,
    ) -> Result<Option<KeptReply>, IdempotencyError> {
        if !self.claim(&mut *connection).await? {
            return Err(IdempotencyError::InProgress);
        }
        match self.find(&mut *connection).await? {
            Some(record) if record.expired => {
                self.remove(connection).await?;
                Ok(None)
            }
            record => record.map(|record| record.replay(secrets, content)).transpose(),
        }
    }

    /// `false`: another request has claimed it, until its transaction ends.
    #[tracing::instrument(name = "idempotency.claim", skip_all)]
    async fn claim(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let claimed =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "claimed!""#, self.lock());
        claimed.fetch_one(connection).await
    }

    /// The name of the advisory lock that claims it.
    pub(super) fn lock(&self) -> i64 {
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
                erased_at is not null as "erased!",
                expires_at <= now() as "expired!"
            from idempotency_records
            where tenant_id = $1
              and operation = $2
              and key_digest = $3
            "#,
            self.tenant,
            self.operation,
            &self.key_digest,
        )
        .fetch_optional(connection)
        .await
    }

    /// Of a record that has expired and has not been swept yet.
    #[tracing::instrument(name = "idempotency.remove", skip_all)]
    async fn remove(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query!(
            r#"
            delete from idempotency_records
            where tenant_id = $1
              and operation = $2
              and key_digest = $3
            "#,
            self.tenant,
            self.operation,
            &self.key_digest,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Files the reply under every customer it speaks of, and holds their rows until the commit: an erasure waits, and
    /// finds it. Of a reply that speaks of a customer who is erased by now, only the marker is kept.
    #[tracing::instrument(name = "idempotency.keep", skip_all)]
    pub async fn keep(
        &self,
        connection: &mut PgConnection,
        reply: &Reply,
        fingerprint: &Fingerprint,
    ) -> Result<(), sqlx::Error> {
        let Reply { kept: KeptReply { status, content_type, etag, body }, retention: _, data_subjects } =
            reply;
        sqlx::query!(
            r#"
            with living as (
                select number
                from customers
                where tenant_id = $1
                  and number = any($6)
                  and erased_at is null
                order by number
                for share
            ),
            record as (
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
                    expires_at,
                    erased_at
                )
                select
                    $1,
                    $2,
                    $3,
                    case when all_live then $4::bytea end,
                    case when all_live then $5::bytea end,
                    ($6::bigint[])[1],
                    $7,
                    $8,
                    case when all_live then $9 end,
                    case when all_live then $10::bytea end,
                    now() + make_interval(hours => $11),
                    case when not all_live then now() end
                from (select count(*) = cardinality($6) as all_live from living) as subjects
            )
            insert into idempotency_mentions (tenant_id, operation, key_digest, customer_number)
            select $1, $2, $3, number
            from unnest(($6::bigint[])[2:]) as number
            "#,
            self.tenant,
            self.operation,
            &self.key_digest,
            fingerprint.salt,
            fingerprint.value,
            &numbers(data_subjects),
            i16::try_from(*status).unwrap_or(i16::MAX),
            content_type.as_deref(),
            etag.as_deref(),
            body,
            RETENTION_HOURS,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Each once, in the order given.
fn numbers(customers: &[CustomerUrn]) -> Vec<i64> {
    let mut numbers = Vec::new();
    for number in customers.iter().filter_map(|urn| urn.stored_number()) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
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
    expired: bool,
}

impl Record {
    /// A record whose content cannot be shown to be the same is never replayed: it may have erased another person.
    fn replay(self, secrets: &FingerprintSecrets, content: &Content) -> Result<KeptReply, IdempotencyError> {
        let Some(body) = self.body.filter(|_| !self.erased) else { return Err(IdempotencyError::Erased) };
        let fingerprint = self.salt.zip(self.fingerprint).map(|(salt, value)| Fingerprint { salt, value });
        if !fingerprint.is_some_and(|fingerprint| secrets.is_of(&fingerprint, content)) {
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
