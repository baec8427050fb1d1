-- no-transaction
-- Events that wait for a position, oldest first. Empty most of the time: that nothing waits is one look.
create index concurrently customer_events_waiting_idx on customer_events (tenant_id, occurred_at, id)
where position is null;
