select
    tenants.suspended_at is not null as "suspended!",
    tenants.jwt_required,
    tenants.required_fields,
    tenants.payment_channels,
    tenants.requests_per_second,
    tenants.request_burst
from tenant_domains
join tenants on tenants.id = tenant_domains.tenant_id
where tenant_domains.tenant_id = $1
  and tenant_domains.domain = $2
