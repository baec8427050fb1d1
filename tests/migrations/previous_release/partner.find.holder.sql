select customer_number
from partner_customers
where tenant_id = $1
  and partner_id = $2
