with instance as (
    insert into provider_instances (tenant_id, id, name)
    values ($1, $2, $3)
    on conflict (tenant_id, id) do update set name = excluded.name, removed_at = null
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject)
select tenant_id, $4, 'provider_instance.added', id::text
from instance
