with erased as (
    update customers
    set external_id = null,
        email = null,
        email_key = null,
        phone_number = null,
        salutation = null,
        first_name = null,
        last_name = null,
        gender = null,
        billing_address = null,
        corporation_info = null,
        privacy = null,
        language_code = null,
        status = 'Anonymized',
        version = version + 1,
        updated_at = now(),
        erased_at = now()
    where tenant_id = $1
      and number = $2
    returning tenant_id, number, version
),
associations as (
    delete from customer_associations
    where tenant_id = $1
      and customer_number = $2
),
provider_accounts as (
    delete from provider_customers
    where tenant_id = $1
      and customer_number = $2
),
partner as (
    update partner_customers
    set partner_id = $6,
        middle_name = null,
        internal_identifier = null,
        email_as_text = null,
        phone_as_text = null
    where tenant_id = $1
      and customer_number = $2
),
replies as (
    update idempotency_records
    set salt = null,
        fingerprint = null,
        etag = null,
        body = null,
        erased_at = now()
    where tenant_id = $1
      and customer_number = $2
)
insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
select tenant_id, $3, number, version, 'erased', $4, $5
from erased
