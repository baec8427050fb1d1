select customer_number, reseller_id, name
from customer_associations
where tenant_id = $1
  and customer_number = any($2)
