select not exists (
    select from customers
    where tenant_id = $1
      and external_id = $2
) as "free!"
