select
    (
        select number from customers
        where tenant_id = $1 and external_id = $2 and number is distinct from $5
    ) as external_id,
    (
        select number from customers
        where tenant_id = $1 and email_key = $3 and number is distinct from $5
    ) as email,
    (
        select number from customers
        where tenant_id = $1 and phone_number = $4 and number is distinct from $5
    ) as phone_number
