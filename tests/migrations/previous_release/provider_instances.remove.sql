with removed as (
    update provider_instances
    set removed_at = now()
    where tenant_id = $1
      and id = $2
      and removed_at is null
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject)
select tenant_id, $3, 'provider_instance.removed', id::text
from removed
