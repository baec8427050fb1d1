select
    partner_customers.customer_number,
    partner_customers.partner_id,
    partner_customers.reseller_id,
    partner_customers.middle_name,
    partner_customers.internal_identifier,
    partner_customers.email_as_text,
    partner_customers.phone_as_text,
    customers.email,
    customers.email_key,
    customers.phone_number,
    customers.first_name,
    customers.last_name,
    customers.billing_address as "billing_address: _",
    customers.corporation_info as "corporation_info: _",
    customers.country_code,
    customers.erased_at is not null as "erased!"
from partner_customers
join customers
  on customers.tenant_id = partner_customers.tenant_id
 and customers.number = partner_customers.customer_number
where partner_customers.tenant_id = $1
  and partner_customers.customer_number = any($2)
order by partner_customers.customer_number
