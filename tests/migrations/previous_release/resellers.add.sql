with reseller as (
    insert into resellers (tenant_id, id, name)
    values ($1, $2, $3)
    on conflict (tenant_id, id) do update set name = excluded.name
    returning tenant_id, id
)
insert into admin_events (tenant_id, id, kind, subject)
select tenant_id, $4, 'reseller.added', id::text
from reseller
