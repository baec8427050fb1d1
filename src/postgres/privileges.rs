//! What the database's user may do, next to what a server does.

use sqlx::PgConnection;

use super::grants;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Superuser,
    /// Of the tables, or a member of their owner.
    Owner,
    Ordinary,
}

/// What is not granted of [`grants::of_server`], such as `insert on customers` or `update (email) on customers`; nothing is
/// missed of a table that is not there.
pub async fn missing(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let needed = grants::of_server();
    let tables: Vec<_> = needed.iter().map(|grant| grant.table).collect();
    let privileges: Vec<_> = needed.iter().map(|grant| grant.privilege).collect();
    let columns: Vec<_> = needed.iter().map(|grant| grant.column).collect();
    // Grants of each column will do for a table; there are none for delete.
    let look = "
        select privilege || coalesce(' (' || attname || ')', '') || ' on ' || relname
        from unnest($1::text[], $2::text[], $3::text[]) as needed (relname, privilege, column_name)
        join pg_catalog.pg_class as relation using (relname)
        left join pg_catalog.pg_attribute as attribute
          on attrelid = relation.oid and attname = column_name and not attisdropped
        where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
          and (column_name is null or attname is not null)
          and not case
              when attname is not null then has_column_privilege(relation.oid, attnum, privilege)
              when privilege = 'delete' then has_table_privilege(relation.oid, privilege)
              else has_any_column_privilege(relation.oid, privilege)
          end
        order by 1";
    sqlx::query_scalar(look).bind(tables).bind(privileges).bind(columns).fetch_all(connection).await
}

/// Whether the feed can be kept for a limited time: the only use a server has for removing events.
pub async fn may_remove_events(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select has_table_privilege('customer_events', 'delete')").fetch_one(connection).await
}

pub async fn role(connection: &mut PgConnection) -> Result<Role, sqlx::Error> {
    let look = "
        select
            (select rolsuper from pg_catalog.pg_roles where rolname = current_user),
            exists (
                select from pg_catalog.pg_class
                where relname = 'customers' and relkind in ('r', 'p')
                  and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
                  and pg_has_role(relowner, 'usage')
            )";
    let (is_superuser, is_owner): (bool, bool) = sqlx::query_as(look).fetch_one(connection).await?;
    Ok(match (is_superuser, is_owner) {
        (true, _) => Role::Superuser,
        (false, true) => Role::Owner,
        (false, false) => Role::Ordinary,
    })
}
