//! The stored record of a key: claimed, read and written in the transaction of the work.

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::fingerprint::{Fingerprint, FingerprintSecrets};
use crate::domain::caller::Caller;
use crate::service::idempotency::{
    Content, IdempotencyError, IdempotentRequest, KeptReply, RETENTION_HOURS, Reply,
};

/// Tenant, operation and key.
pub(super) struct RecordId {
    tenant: Uuid,
    operation: &'static str,
    key_digest: [u8; 32],
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
        let record = self.find(connection).await?;
        record.map(|record| record.replay(secrets, content)).transpose()
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
    pub async fn keep(
        &self,
        connection: &mut PgConnection,
        reply: &Reply,
        fingerprint: &Fingerprint,
    ) -> Result<(), sqlx::Error> {
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
            fingerprint.salt,
            fingerprint.value,
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
