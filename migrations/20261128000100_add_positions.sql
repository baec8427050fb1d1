-- Places of events in the feed of their tenant. Events are written without one; whoever reads the feed places them,
-- because only then is it known which events are committed.
-- One block: Citus takes several statements on a distributed table in no other way.

do $$ begin
    alter table customer_events add column position bigint;

    alter table customer_events
        add constraint customer_events_position_check check (position > 0) not valid;

    -- The moment of the write; now() is the begin of its transaction, which may have waited for others since.
    alter table customer_events alter column occurred_at set default clock_timestamp();

    -- Each event is written a second time when it is placed.
    alter table customer_events set (
        autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_insert_scale_factor = 0.05
    );

    comment on column customer_events.id is 'UUIDv7, by the clock of a server: never a cursor. See position.';
    comment on column customer_events.position is
        'Place in the feed of the tenant: 1, 2, 3, … without gaps. Empty until a reader of the feed has placed the event.';
end $$;
