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
