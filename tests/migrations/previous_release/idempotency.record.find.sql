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
