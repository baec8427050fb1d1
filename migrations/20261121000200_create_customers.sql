-- Customers and the one event row that each change of a customer writes.
-- tenant_id leads every key: no statement can meet another tenant's row, and the schema shards by it.

create table customers (
    tenant_id         uuid                     not null,
    number            bigint                   not null,
    version           bigint                   not null default 1,
    external_id       text collate "C",
    email             text,
    email_key         text collate "C",
    phone_number      text collate "C",
    salutation        text,
    first_name        text,
    last_name         text,
    gender            text,
    legal_type        text                     not null,
    billing_address   jsonb,
    corporation_info  json,
    privacy           json,
    country_code      text                     not null,
    language_code     text,
    status            text                     not null,
    created_at        timestamp with time zone not null default now(),
    updated_at        timestamp with time zone not null default now(),
    erased_at         timestamp with time zone,
    constraint customers_pkey primary key (tenant_id, number),
    constraint customers_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint customers_number_check check (number > 0),
    constraint customers_version_check check (version > 0),
    constraint customers_gender_check check (gender in ('Female', 'Male', 'Other', 'Unspecified')),
    constraint customers_legal_type_check check (legal_type in ('Individual', 'Corporate')),
    constraint customers_email_key_check check ((email is null) = (email_key is null)),
    constraint customers_phone_number_check check (phone_number ~ '^\+[1-9][0-9]{2,16}$'),
    constraint customers_corporation_info_check check (
        erased_at is not null or legal_type <> 'Corporate' or corporation_info is not null
    ),
    constraint customers_living_check check (
        erased_at is not null or (external_id is not null and language_code is not null and status <> 'Anonymized')
    ),
    constraint customers_erased_check check (
        erased_at is null
        or (
            num_nonnulls(
                external_id, email, email_key, phone_number, salutation, first_name, last_name,
                gender, billing_address, corporation_info, privacy, language_code
            ) = 0
            and status = 'Anonymized'
        )
    )
) with (fillfactor = 85);

create unique index customers_tenant_id_external_id_key on customers (tenant_id, external_id)
where external_id is not null;

create unique index customers_tenant_id_email_key_key on customers (tenant_id, email_key)
where email_key is not null;

create unique index customers_tenant_id_phone_number_key on customers (tenant_id, phone_number)
where phone_number is not null;

comment on table customers is 'The projection of one tenant''s customer. An erased customer keeps its row, with nothing personal left.';
comment on column customers.number is 'The number of cu.<cell>.<number>: time-ordered with random low bits, made by the service.';
comment on column customers.version is 'Grows by one with each change; an update names the version it read.';
comment on column customers.external_id is 'The tenant''s own identifier, byte for byte.';
comment on column customers.email_key is 'The canonical form e-mail addresses are compared by; email is as the tenant sent it.';
comment on column customers.phone_number is 'E.164.';
comment on column customers.corporation_info is 'json, not jsonb: further properties are kept as sent.';
comment on column customers.privacy is 'json, not jsonb: consent is kept verbatim, key order and numbers included.';
comment on column customers.erased_at is 'When the person was erased; from then on the customer resolves for nobody.';

create table customer_events (
    tenant_id       uuid                     not null,
    id              uuid                     not null,
    customer_number bigint                   not null,
    version         bigint                   not null,
    kind            text                     not null,
    actor           text                     not null,
    correlation_id  uuid                     not null,
    changed_fields  text[]                   not null default '{}',
    occurred_at     timestamp with time zone not null default now(),
    constraint customer_events_pkey primary key (tenant_id, id),
    constraint customer_events_customer_number_fkey foreign key (tenant_id, customer_number)
        references customers (tenant_id, number),
    constraint customer_events_kind_check check (kind in ('stored', 'updated', 'erased'))
);

create unique index customer_events_tenant_id_customer_number_version_key
on customer_events (tenant_id, customer_number, version);

create index customer_events_tenant_id_correlation_id_idx on customer_events (tenant_id, correlation_id);

comment on table customer_events is 'One row per change, written by the statement that makes the change: audit trail and change feed in one.';
comment on column customer_events.id is 'UUIDv7: sorts by time.';
comment on column customer_events.actor is 'Who did it, by the id of a credential: never a person''s name.';
comment on column customer_events.changed_fields is 'Names of the fields that changed. Values are never kept here, so erasure has nothing to look for.';
