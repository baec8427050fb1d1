select
    number, version, external_id, email, phone_number, salutation, first_name, last_name, gender, legal_type,
    billing_address, corporation_info, privacy, country_code, language_code, status, created_at, updated_at
from customers
where tenant_id = $1 and number = $2 and erased_at is null
