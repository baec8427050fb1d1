select number, version, erased_at is not null as "is_erased!"
from customers
where tenant_id = $1
  and number = coalesce(
      $2,
      (select number from customers where tenant_id = $1 and external_id = $3)
  )
for no key update
