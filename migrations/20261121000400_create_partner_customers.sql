-- The partner side of a customer: who looks after it, and where it is known to providers.
-- What the customer record has a column for (company, contact, address) stays there and is not kept twice.

create table resellers (
    tenant_id  uuid                     not null,
    id         uuid                     not null,
    name       text                     not null,
    created_at timestamp with time zone not null default now(),
    constraint resellers_pkey primary key (tenant_id, id),
    constraint resellers_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint resellers_name_check check (char_length(name) between 1 and 255)
);

comment on table resellers is 'Resellers a tenant works with; a token''s reseller_id names one.';

create table provider_instances (
    tenant_id  uuid                     not null,
    id         uuid                     not null,
    name       text                     not null,
    created_at timestamp with time zone not null default now(),
    removed_at timestamp with time zone,
    constraint provider_instances_pkey primary key (tenant_id, id),
    constraint provider_instances_tenant_id_fkey foreign key (tenant_id) references tenants (id),
    constraint provider_instances_name_check check (char_length(name) between 1 and 255)
);

comment on table provider_instances is 'A tenant''s accounts at providers.';
comment on column provider_instances.removed_at is 'Set: no new customers; those it has keep it.';

create table partner_customers (
    tenant_id           uuid   not null,
    customer_number     bigint not null,
    partner_id          uuid   not null,
    reseller_id         uuid,
    middle_name         text,
    internal_identifier text,
    email_as_text       text,
    phone_as_text       text,
    constraint partner_customers_pkey primary key (tenant_id, customer_number),
    constraint partner_customers_customer_number_fkey foreign key (tenant_id, customer_number)
        references customers (tenant_id, number),
    constraint partner_customers_reseller_id_fkey foreign key (tenant_id, reseller_id)
        references resellers (tenant_id, id)
);

create unique index partner_customers_tenant_id_partner_id_key on partner_customers (tenant_id, partner_id);

create index partner_customers_tenant_id_reseller_id_idx
on partner_customers (tenant_id, reseller_id, customer_number);

comment on table partner_customers is 'Customers made through the partner API: what the customer record has no column for.';
comment on column partner_customers.partner_id is 'The id partners use; a random placeholder once the customer is erased.';
comment on column partner_customers.reseller_id is 'The related reseller; NULL: a direct relation with the CSP.';
comment on column partner_customers.email_as_text is 'Set where what was sent is no e-mail address; otherwise it is in customers.';
comment on column partner_customers.phone_as_text is 'Set where what was sent is no international number; otherwise it is in customers.';

create table customer_associations (
    tenant_id       uuid   not null,
    customer_number bigint not null,
    reseller_id     uuid   not null,
    name            text,
    constraint customer_associations_pkey primary key (tenant_id, customer_number, reseller_id),
    constraint customer_associations_customer_number_fkey foreign key (tenant_id, customer_number)
        references partner_customers (tenant_id, customer_number),
    constraint customer_associations_reseller_id_fkey foreign key (tenant_id, reseller_id)
        references resellers (tenant_id, id)
);

comment on table customer_associations is 'Further resellers a customer is associated with; they grant no access. Gone with the erasure.';

create table provider_customers (
    tenant_id            uuid   not null,
    customer_number      bigint not null,
    provider_instance_id uuid   not null,
    data                 text,
    margin_rule          text,
    margin_value         double precision,
    offer_type_margins   jsonb  not null default '{}',
    provider_customer_id text,
    status               text   not null default 'Processing',
    creation_error       text   not null default 'None',
    constraint provider_customers_pkey primary key (tenant_id, customer_number, provider_instance_id),
    constraint provider_customers_customer_number_fkey foreign key (tenant_id, customer_number)
        references partner_customers (tenant_id, customer_number),
    constraint provider_customers_provider_instance_id_fkey foreign key (tenant_id, provider_instance_id)
        references provider_instances (tenant_id, id),
    constraint provider_customers_margin_check check ((margin_rule is null) = (margin_value is null)),
    constraint provider_customers_status_check check (status in ('Processing', 'Success', 'Failed')),
    constraint provider_customers_creation_error_check check (
        creation_error in ('None', 'DomainExists', 'InvalidCompanyInfo', 'Unknown')
        and (creation_error = 'None' or status = 'Failed')
    )
);

comment on table provider_customers is 'A customer at one provider instance. Gone with the erasure.';
comment on column provider_customers.data is 'JSON as the partner sent it, for the provider''s connector.';
comment on column provider_customers.offer_type_margins is 'Offer type to {rule, value}; each overrides the margin for its type.';
