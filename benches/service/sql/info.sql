\set number random(1, 100000)
select number, version, external_id, email, email_key, phone_number, salutation, first_name, last_name, gender,
    legal_type, billing_address, corporation_info, privacy, country_code, language_code, status, created_at, updated_at
from customers
where tenant_id = :tenant
  and number = coalesce(:number, (select number from customers where tenant_id = :tenant and external_id = :nobody))
  and erased_at is null;
