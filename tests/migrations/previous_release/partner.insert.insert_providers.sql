insert into provider_customers (
    tenant_id,
    customer_number,
    provider_instance_id,
    data,
    margin_rule,
    margin_value,
    offer_type_margins
)
values ($1, $2, $3, $4, $5, $6, $7)
