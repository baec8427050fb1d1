-- Replies to requests that carried an Idempotency-Key, kept by the transaction that did the work.

create table idempotency_records (
    tenant_id       uuid                     not null,
    operation       text collate "C"         not null,
    key_digest      bytea                    not null,
    salt            bytea,
    fingerprint     bytea,
    customer_number bigint,
    status          smallint                 not null,
    content_type    text,
    etag            text,
    body            bytea,
    created_at      timestamp with time zone not null default now(),
    expires_at      timestamp with time zone not null,
    erased_at       timestamp with time zone,
    constraint idempotency_records_pkey primary key (tenant_id, operation, key_digest),
    constraint idempotency_records_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint idempotency_records_key_digest_check check (octet_length(key_digest) = 32),
    constraint idempotency_records_fingerprint_check check ((salt is null) = (fingerprint is null)),
    constraint idempotency_records_erased_check check (
        case when erased_at is null then body is not null else num_nonnulls(salt, fingerprint, body, etag) = 0 end
    )
);

create index idempotency_records_tenant_id_customer_number_idx
on idempotency_records (tenant_id, customer_number);

create index idempotency_records_expires_at_idx on idempotency_records (expires_at);

comment on table idempotency_records is 'One row per Idempotency-Key in use; expired rows are swept in the background.';
comment on column idempotency_records.key_digest is 'SHA-256 of the key: callers may have put anything into it.';
comment on column idempotency_records.fingerprint is
    'HMAC of the request''s content, keyed by salt; NULL: the content is not to be kept, and any will do.';
comment on column idempotency_records.customer_number is 'Whose data the reply and the fingerprint are.';
comment on column idempotency_records.erased_at is
    'The customer was erased, and with it reply and fingerprint: the row only keeps a late retry from acting.';
