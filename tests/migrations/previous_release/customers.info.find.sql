select
    number,
    version,
    external_id as "external_id!",
    email,
    email_key,
    phone_number,
    salutation,
    first_name,
    last_name,
    gender,
    legal_type,
    billing_address as "billing_address: _",
    corporation_info as "corporation_info: _",
    privacy as "privacy: _",
    country_code,
    language_code as "language_code!",
    status,
    created_at,
    updated_at
from customers
where tenant_id = $1
  and number = coalesce(
      $2,
      (select number from customers where tenant_id = $1 and external_id = $3)
  )
  and erased_at is null
