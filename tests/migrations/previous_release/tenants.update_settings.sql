with changed as (
    update tenants
    set name = coalesce($2, name),
        jwt_required = coalesce($3, jwt_required),
        required_fields = coalesce($4, required_fields),
        payment_channels = coalesce($5, payment_channels),
        requests_per_second = case when $8 then $9 else requests_per_second end,
        request_burst = case when $10 then $11 else request_burst end
    where id = $1
    returning id
)
insert into admin_events (tenant_id, id, kind, subject, details)
select id, $6, 'tenant.changed', id::text, $7
from changed
