with inserted as (
    insert into customers (
        tenant_id,
        number,
        external_id,
        email,
        email_key,
        phone_number,
        salutation,
        first_name,
        last_name,
        gender,
        legal_type,
        billing_address,
        corporation_info,
        privacy,
        country_code,
        language_code,
        status
    )
    values (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
        $11, $12, $13::text::json, $14::text::json, $15, $16, $17
    )
    on conflict do nothing
    returning tenant_id, number, version, created_at, updated_at
),
event as (
    insert into customer_events (
        tenant_id, id, customer_number, version, kind, actor, correlation_id
    )
    select tenant_id, $18, number, version, 'stored', $19, $20
    from inserted
)
select version, created_at, updated_at
from inserted
