with changed as (
    update tenants
    set suspended_at = case when $2 then now() end
    where id = $1
      and (suspended_at is not null) <> $2
    returning id
)
insert into admin_events (tenant_id, id, kind, subject)
select id, $3, case when $2 then 'tenant.suspended' else 'tenant.resumed' end, id::text
from changed
