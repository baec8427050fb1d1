insert into partner_customers (
    tenant_id,
    customer_number,
    partner_id,
    reseller_id,
    middle_name,
    internal_identifier,
    email_as_text,
    phone_as_text
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
