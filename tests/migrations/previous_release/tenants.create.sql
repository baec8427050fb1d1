with tenant as (
    insert into tenants (
        id, name, jwt_required, required_fields, payment_channels, requests_per_second, request_burst
    )
    values ($1, $2, $3, $4, $5, $8, $9)
    returning id
),
event as (
    insert into admin_events (tenant_id, id, kind, subject)
    select id, $6, 'tenant.created', id::text
    from tenant
)
insert into tenant_domains (tenant_id, domain)
select id, $7
from tenant
