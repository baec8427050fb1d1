select
    api_keys.id,
    api_keys.fingerprint,
    api_keys.scopes,
    api_keys.expires_at,
    api_keys.revoked_at is not null as "revoked!",
    tenants.suspended_at is not null as "suspended!",
    tenants.jwt_required,
    tenants.required_fields,
    tenants.payment_channels,
    tenants.requests_per_second,
    tenants.request_burst
from api_keys
join tenants on tenants.id = api_keys.tenant_id
where api_keys.tenant_id = $1
  and api_keys.fingerprint = $2
