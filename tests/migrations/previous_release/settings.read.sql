select
    current_setting('server_version') as "version!",
    clock_timestamp() as "now!",
    array(
        select name::text
        from pg_catalog.pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit')
          and setting = 'off'
        order by name
    ) as "unsafe_settings!"
