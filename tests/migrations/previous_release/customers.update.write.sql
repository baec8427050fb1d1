with changed as (
    update customers
    set external_id = $4,
        email = $5,
        email_key = $6,
        phone_number = $7,
        salutation = $8,
        first_name = $9,
        last_name = $10,
        gender = $11,
        legal_type = $12,
        billing_address = $13,
        corporation_info = $14::text::json,
        privacy = $15::text::json,
        country_code = $16,
        language_code = $17,
        status = $18,
        version = version + 1,
        updated_at = now()
    where tenant_id = $1
      and number = $2
      and version = $3
      and erased_at is null
    returning tenant_id, number, version, updated_at
),
event as (
    insert into customer_events (
        tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields
    )
    select tenant_id, $19, number, version, 'updated', $20, $21, $22
    from changed
)
select version, updated_at
from changed
