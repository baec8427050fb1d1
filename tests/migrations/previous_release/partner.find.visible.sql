select partner_customers.customer_number
from partner_customers
join customers
  on customers.tenant_id = partner_customers.tenant_id
 and customers.number = partner_customers.customer_number
where partner_customers.tenant_id = $1
  and partner_customers.partner_id = $2
  and ($3::uuid is null or partner_customers.reseller_id = $3)
  and customers.erased_at is null
