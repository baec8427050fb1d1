\set number random(1, 100000)
\set name random(1, 4000000000)
select number, version, external_id, email, email_key, phone_number, salutation, first_name, last_name, gender,
    legal_type, billing_address, corporation_info, privacy, country_code, language_code, status, created_at, updated_at
from customers
where tenant_id = :tenant
  and number = coalesce(:number, (select number from customers where tenant_id = :tenant and external_id = :nobody))
  and erased_at is null;
with changed as (
    update customers
    set external_id = 'bench-' || :number::text,
        email = 'bench-' || :number::text || '@example.com',
        email_key = 'bench-' || :number::text || '@example.com',
        phone_number = null,
        salutation = null,
        first_name = 'Jane ' || :name::text,
        last_name = 'Doe',
        gender = null,
        legal_type = 'Individual',
        billing_address = null,
        corporation_info = null,
        privacy = null,
        country_code = 'DE',
        language_code = 'de',
        status = 'Active',
        version = version + 1,
        updated_at = now()
    where tenant_id = :tenant
      and number = :number
      and erased_at is null
    returning tenant_id, number, version, updated_at
),
event as (
    insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields)
    select tenant_id, gen_random_uuid(), number, version, 'updated', :actor, gen_random_uuid(), '{firstName}'
    from changed
)
select version, updated_at
from changed;
