-- The feed of each tenant: how far it is placed, and what it is called in cursors.

create table customer_feeds (
    tenant_id uuid   not null,
    feed_id   uuid   not null,
    position  bigint not null default 0,
    kept_from bigint not null default 0,
    constraint customer_feeds_pkey primary key (tenant_id),
    constraint customer_feeds_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint customer_feeds_position_check check (kept_from between 0 and position)
) with (fillfactor = 50);

insert into customer_feeds (tenant_id, feed_id)
select id, gen_random_uuid()
from tenants;

comment on table customer_feeds is 'One row per tenant. Who gives positions to its events holds the lock of this row.';
comment on column customer_feeds.feed_id is 'In every cursor. Renewed after a restore, because events reuse the positions of those that were lost.';
comment on column customer_feeds.position is 'The last position given.';
comment on column customer_feeds.kept_from is 'Events up to here may be gone.';
