select
    customer_number,
    provider_instance_id,
    data,
    margin_rule,
    margin_value,
    offer_type_margins as "offer_type_margins: _",
    provider_customer_id,
    status,
    creation_error
from provider_customers
where tenant_id = $1
  and customer_number = any($2)
