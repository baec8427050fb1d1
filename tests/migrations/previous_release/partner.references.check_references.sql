select
    array(select id from resellers where tenant_id = $1 and id = any($2)) as "resellers!",
    array(
        select id
        from provider_instances
        where tenant_id = $1
          and id = any($3)
          and removed_at is null
    ) as "provider_instances!"
