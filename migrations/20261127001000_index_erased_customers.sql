-- no-transaction
-- Counts the erased customers of a partner's list without reading the living ones.
create index concurrently customers_tenant_id_erased_at_idx on customers (tenant_id, erased_at, number)
where erased_at is not null;
