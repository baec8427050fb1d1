-- Tenants, the domains they own and the keys their backends call with.
-- On Citus these become reference tables; everything else is distributed by tenant_id.

create table tenants (
    id               uuid                     not null,
    name             text collate "C"         not null,
    jwt_required     boolean                  not null default false,
    required_fields  text[]                   not null default '{}',
    payment_channels text[]                   not null default '{CARD}',
    suspended_at     timestamp with time zone,
    created_at       timestamp with time zone not null default now(),
    constraint tenants_pkey primary key (id),
    constraint tenants_name_key unique (name),
    constraint tenants_name_check check (char_length(name) between 1 and 100)
);

comment on table tenants is 'One row per tenant: who owns customers, and the rules its customers obey.';
comment on column tenants.jwt_required is 'Whether a key alone is not enough: every call must also carry a token of this tenant.';
comment on column tenants.required_fields is 'Customer fields this tenant declares mandatory, by their names on the wire.';
comment on column tenants.payment_channels is 'Channels offered to its customers; SEPA only where the claimed country is in the SEPA area.';
comment on column tenants.suspended_at is 'Set: every call of this tenant is refused as unauthenticated.';

create table tenant_domains (
    tenant_id  uuid                     not null,
    domain     text collate "C"         not null,
    created_at timestamp with time zone not null default now(),
    constraint tenant_domains_pkey primary key (tenant_id, domain),
    constraint tenant_domains_domain_key unique (domain),
    constraint tenant_domains_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint tenant_domains_domain_check check (domain = lower(domain) and char_length(domain) between 1 and 253)
);

comment on table tenant_domains is 'Domains a tenant is addressed by; a domain belongs to one tenant. Lower case.';

create table api_keys (
    tenant_id    uuid                     not null,
    id           uuid                     not null,
    name         text                     not null,
    fingerprint  bytea                    not null,
    prefix       text                     not null,
    last_four    text                     not null,
    scopes       text[]                   not null,
    created_at   timestamp with time zone not null default now(),
    expires_at   timestamp with time zone,
    revoked_at   timestamp with time zone,
    last_used_at timestamp with time zone,
    constraint api_keys_pkey primary key (tenant_id, id),
    constraint api_keys_tenant_id_fingerprint_key unique (tenant_id, fingerprint),
    constraint api_keys_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint api_keys_name_check check (char_length(name) between 1 and 100),
    constraint api_keys_fingerprint_check check (octet_length(fingerprint) = 32)
);

comment on table api_keys is 'Keys of tenants'' backends. The key itself is shown once and never stored.';
comment on column api_keys.fingerprint is 'SHA-256 of the whole key; a key has 190 random bits, so a slow hash would add nothing.';
comment on column api_keys.prefix is 'First characters, for people who compare keys; with last_four all that is kept of the text.';
comment on column api_keys.expires_at is 'The key stops working at this moment; NULL: never. A rotation moves it to the end of the overlap.';
comment on column api_keys.last_used_at is 'Right to about a minute: written in the background, not by the request.';
