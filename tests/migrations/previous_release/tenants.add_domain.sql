insert into tenant_domains (tenant_id, domain)
values ($1, $2)
on conflict (tenant_id, domain) do nothing
