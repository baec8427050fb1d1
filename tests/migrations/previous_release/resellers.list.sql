select id, name
from resellers
where tenant_id = $1
order by name, id
