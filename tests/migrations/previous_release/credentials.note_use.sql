update api_keys
set last_used_at = used.at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as used (tenant_id, id, at)
where api_keys.tenant_id = used.tenant_id
  and api_keys.id = used.id
  and (api_keys.last_used_at is null or api_keys.last_used_at < used.at)
