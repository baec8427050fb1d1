delete from idempotency_records
where (tenant_id, operation, key_digest) in (
    select tenant_id, operation, key_digest
    from idempotency_records
    where expires_at <= now()
    order by expires_at
    limit $1
)
