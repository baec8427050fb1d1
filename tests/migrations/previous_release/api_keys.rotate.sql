with rotated as (
    update api_keys
    set expires_at = least(expires_at, $3)
    where tenant_id = $1
      and id = $2
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject, details)
select tenant_id, $4, 'key.rotated', id::text, array[$5::uuid::text]
from rotated
