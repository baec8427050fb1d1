select
    id,
    name,
    array(
        select domain from tenant_domains where tenant_id = tenants.id order by domain
    ) as "domains!",
    jwt_required,
    required_fields,
    payment_channels,
    requests_per_second,
    request_burst,
    suspended_at,
    created_at
from tenants
where $2::text is null
   or id = $1
   or name = $2
order by id = $1 desc nulls last, name
