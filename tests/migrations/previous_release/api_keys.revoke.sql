with revoked as (
    update api_keys
    set revoked_at = now()
    where tenant_id = $1
      and id = $2
      and revoked_at is null
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject)
select tenant_id, $3, 'key.revoked', id::text
from revoked
