-- Roles that own nothing, for the database's owner to create once the migrations are applied, and to run again
-- after each migration. They cannot change the schema, and cannot read what they have no use for.
--
--   create role customers_server login password '…';
--   create role customers_operator login password '…';

-- What a server needs. It cannot make or change tenants, nor issue keys, nor change what an event says (only its place
-- in the feed), nor give a row to another tenant.
grant usage on schema public to customers_server;
grant select on _sqlx_migrations, tenants, tenant_domains, resellers, provider_instances to customers_server;
grant select, update (last_used_at) on api_keys to customers_server;
grant select, insert, update (
    version, external_id, email, email_key, phone_number, salutation, first_name, last_name, gender, legal_type,
    billing_address, corporation_info, privacy, country_code, language_code, status, updated_at, erased_at,
    source_version
) on customers to customers_server;
grant select, insert, update (
    partner_id, middle_name, internal_identifier, email_as_text, phone_as_text
) on partner_customers to customers_server;
grant select, insert, delete on customer_associations, provider_customers to customers_server;
grant select, insert, delete, update (
    salt, fingerprint, customer_number, status, content_type, etag, body, created_at, expires_at, erased_at
) on idempotency_records to customers_server;
grant select, insert, delete on idempotency_mentions to customers_server;
grant select, insert, update (position) on customer_events to customers_server;
grant select, insert, update (position, kept_from) on customer_feeds to customers_server;

-- What the commands need: tenant, key, reseller, provider-instance, token, feed and audit. No customer is read.
grant usage on schema public to customers_operator;
grant select on _sqlx_migrations to customers_operator;
grant select, insert, update on tenants, tenant_domains, api_keys to customers_operator;
grant select, insert, update on resellers, provider_instances to customers_operator;
grant select, insert on admin_events to customers_operator;
grant select on customer_events to customers_operator;
grant select, insert, update (feed_id) on customer_feeds to customers_operator;

-- What PostgreSQL lets everybody do, and nobody here needs: a temporary table would take the place of a real one.
revoke create on schema public from public;
do $$ begin
    execute format('revoke temporary on database %I from public', current_database());
end $$;
