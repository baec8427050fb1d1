select
    tenant_id, id, name, prefix, last_four, scopes, created_at, expires_at, revoked_at, last_used_at
from api_keys
where id = $1
