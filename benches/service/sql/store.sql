\set id random(1, 4000000000000000000)
with inserted as (
    insert into customers (
        tenant_id, number, external_id, email, email_key, phone_number, salutation, first_name, last_name, gender,
        legal_type, billing_address, corporation_info, privacy, country_code, language_code, status
    )
    values (
        :tenant, :id, 'new-' || :id::text, 'new-' || :id::text || '@example.com', 'new-' || :id::text || '@example.com',
        null, null, 'Jane', 'Doe', null, 'Individual', null, null, null, 'DE', 'de', 'Active'
    )
    on conflict do nothing
    returning tenant_id, number, version, created_at, updated_at
),
event as (
    insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
    select tenant_id, gen_random_uuid(), number, version, 'stored', :actor, gen_random_uuid()
    from inserted
)
select version, created_at, updated_at
from inserted;
