\set number random(1, 200000)
select not exists (
    select from customers
    where tenant_id = :tenant
      and external_id = 'bench-' || :number::text
);
