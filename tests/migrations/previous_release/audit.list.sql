select
    id as "id!",
    kind as "kind!",
    subject,
    customer_number,
    version,
    actor,
    correlation_id,
    details as "details!",
    occurred_at as "occurred_at!"
from (
    select
        id,
        'customer.' || kind as kind,
        null::text as subject,
        customer_number,
        version,
        actor,
        correlation_id,
        changed_fields as details,
        occurred_at
    from customer_events
    where tenant_id = $1
      and ($2::bigint is null or customer_number = $2)
      and ($3::uuid is null or correlation_id = $3)
    union all
    select id, kind, subject, null, null, null, null, details, occurred_at
    from admin_events
    where tenant_id = $1
      and $2::bigint is null
      and $3::uuid is null
) as entries
order by occurred_at desc, id desc
limit $4
