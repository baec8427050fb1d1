with issued as (
    insert into api_keys (tenant_id, id, name, fingerprint, prefix, last_four, scopes, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (tenant_id, fingerprint) do nothing
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject, details)
select tenant_id, $9, 'key.issued', id::text, $7
from issued
