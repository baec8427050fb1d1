-- no-transaction
-- Reads the feed from a position on, and refuses a position that is taken.
create unique index concurrently customer_events_tenant_id_position_key on customer_events (tenant_id, position)
where position is not null;
