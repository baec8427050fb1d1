-- no-transaction
-- Finds internal identifiers by their beginning. The case of A to Z is folded the same way under every locale; a
-- search compares all other letters itself, among what the index finds.
create index concurrently partner_customers_tenant_id_internal_identifier_idx
on partner_customers (tenant_id, translate(lower(internal_identifier collate "C"), 'İıſK', 'iisk'), customer_number)
where internal_identifier is not null;
