select id, name
from provider_instances
where tenant_id = $1
  and removed_at is null
order by name, id
