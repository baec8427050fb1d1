-- no-transaction
-- Finds providers' ids of customers by their beginning, as internal identifiers are found.
create index concurrently provider_customers_tenant_id_provider_customer_id_idx
on provider_customers (
    tenant_id, translate(lower(provider_customer_id collate "C"), 'İıſK', 'iisk'), customer_number
)
where provider_customer_id is not null;
