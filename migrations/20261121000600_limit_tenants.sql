-- How fast a tenant may call; servers read it with the tenant's keys.

alter table tenants
    add column requests_per_second integer,
    add column request_burst integer,
    add constraint tenants_requests_per_second_check check (requests_per_second between 1 and 100000),
    add constraint tenants_request_burst_check check (request_burst between 1 and 100000);

comment on column tenants.requests_per_second is 'Requests a second in the long run, on each server; NULL: the server''s setting.';
comment on column tenants.request_burst is 'Requests at once after a rest; NULL: twice requests_per_second, or the server''s setting where that is NULL too.';
