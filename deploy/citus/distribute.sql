-- Distributes the tables over the nodes of a Citus cluster: by tenant_id, all shards of a tenant on one node. What is not one
-- tenant's, or is looked up without naming one, is a reference table: a copy on every node.
--
--   psql "$DATABASE_URL" --set=ON_ERROR_STOP=1 --file=deploy/citus/distribute.sql
--
-- As the owner of the tables, on the coordinator, after `azotte-customers migrate`. Any number of times: what is distributed is
-- left as it is. Afterwards `migrate` itself distributes the tables of later migrations in this way. All tables are
-- distributed, or none. docs/scale-out.md tells the rest.

do $$
declare
    -- With a tenant_id, and all the same on every node: found by a domain, or written together with tenants.
    copied constant text[] := '{tenant_domains, admin_events}';
    own_table constant text := '_sqlx_migrations';
    is_copied boolean;
    item record;
begin
    if to_regclass('pg_catalog.pg_dist_partition') is null then
        raise exception 'there is no Citus in this database'
            using hint = 'On every node: create extension citus. On the coordinator: citus_set_coordinator_host, citus_add_node.';
    end if;
    if to_regclass('customers') is null then
        raise exception 'there are no tables yet' using hint = 'Run azotte-customers migrate first.';
    end if;
    if (select groupid <> 0 from pg_catalog.pg_dist_local_group) then
        raise exception 'this is a worker' using hint = 'Connect to the coordinator.';
    end if;
    -- Foreign keys lead from one kind of table to the other: all of it on one connection to each node.
    perform set_config('citus.multi_shard_modify_mode', 'sequential', true);
    -- A reference table is not to turn the tables that point to it into tables of the coordinator.
    perform set_config('citus.enable_local_reference_table_foreign_keys', 'off', true);
    loop
        -- A table is next when those that it points to are done.
        select relation.oid::regclass as name, relation.relname, attribute.attname is not null as has_tenant into item
        from pg_catalog.pg_class as relation
        left join pg_catalog.pg_attribute as attribute
          on attribute.attrelid = relation.oid and attribute.attname = 'tenant_id' and not attribute.attisdropped
        where relation.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
          and relation.relkind = 'r'
          and relation.relname <> own_table
          -- repmodel is "t" of reference tables; other tables without a column are of the coordinator.
          and not exists (
              select from pg_catalog.pg_dist_partition
              where logicalrelid = relation.oid and (partmethod = 'h' or repmodel = 't')
          )
          and not exists (
              select from pg_catalog.pg_constraint
              where conrelid = relation.oid and contype = 'f' and confrelid <> relation.oid
                and not exists (
                    select from pg_catalog.pg_dist_partition
                    where logicalrelid = confrelid and (partmethod = 'h' or repmodel = 't')
                )
          )
        -- The others are put beside customers.
        order by relation.relname <> 'tenants', relation.relname <> 'customers', relation.relname
        limit 1;
        exit when not found;
        is_copied := not item.has_tenant or item.relname = any(copied);
        if is_copied then
            perform create_reference_table(item.name);
        elsif item.relname = 'customers' then
            perform create_distributed_table(item.name, 'tenant_id', colocate_with => 'none');
        else
            perform create_distributed_table(item.name, 'tenant_id', colocate_with => 'customers');
        end if;
        raise notice '%: %', item.relname, case when is_copied then 'on every node' else 'by tenant' end;
    end loop;
end $$;
