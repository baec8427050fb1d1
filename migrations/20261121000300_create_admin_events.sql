-- What operators did to tenants and keys, written by the statement that did it.

create table admin_events (
    tenant_id   uuid                     not null,
    id          uuid                     not null,
    kind        text                     not null,
    subject     text                     not null,
    details     text[]                   not null default '{}',
    occurred_at timestamp with time zone not null default now(),
    constraint admin_events_pkey primary key (tenant_id, id),
    constraint admin_events_tenant_id_fkey foreign key (tenant_id) references tenants (id)
);

comment on table admin_events is 'Administrative actions on a tenant: tenant.created, key.revoked, …';
comment on column admin_events.subject is 'What was acted on: the id of the tenant or of the key.';
comment on column admin_events.details is 'Names of the settings touched, and scopes; no secret and no personal data.';
