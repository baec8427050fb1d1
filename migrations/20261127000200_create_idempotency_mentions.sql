-- A kept reply may speak of several customers: one asked for the identity, others hold it. Erasing any of them clears it.

create table idempotency_mentions (
    tenant_id       uuid             not null,
    operation       text collate "C" not null,
    key_digest      bytea            not null,
    customer_number bigint           not null,
    constraint idempotency_mentions_pkey primary key (tenant_id, operation, key_digest, customer_number),
    constraint idempotency_mentions_key_digest_fkey foreign key (tenant_id, operation, key_digest)
        references idempotency_records (tenant_id, operation, key_digest) on delete cascade
);

create index idempotency_mentions_tenant_id_customer_number_idx
on idempotency_mentions (tenant_id, customer_number);

comment on table idempotency_mentions is
    'Customers that a kept reply speaks of beside the one in idempotency_records.customer_number. Gone with the record.';
