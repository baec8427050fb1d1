with inserted as (
    insert into customers (
        tenant_id, number, external_id, email, email_key, phone_number, salutation, first_name, last_name, gender,
        legal_type, billing_address, corporation_info, privacy, country_code, language_code, status
    )
    values ($1, $2, $3, $4, lower($4), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    returning *
),
event as (
    insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
    select tenant_id, gen_random_uuid(), number, version, 'stored', 'key:peer', gen_random_uuid()
    from inserted
)
select
    number, version, external_id, email, phone_number, salutation, first_name, last_name, gender, legal_type,
    billing_address, corporation_info, privacy, country_code, language_code, status, created_at, updated_at
from inserted
