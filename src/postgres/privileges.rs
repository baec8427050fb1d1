//! What the database's user may do, next to what a server does.

use sqlx::PgConnection;

/// Each table with what a server does to it; `docs/least-privilege.sql` grants it.
pub const NEEDED: &[(&str, &[&str])] = &[
    ("_sqlx_migrations", &["select"]),
    ("tenants", &["select"]),
    ("tenant_domains", &["select"]),
    ("resellers", &["select"]),
    ("provider_instances", &["select"]),
    ("api_keys", &["select", "update"]),
    ("customers", &["select", "insert", "update"]),
    ("partner_customers", &["select", "insert", "update"]),
    ("customer_associations", &["select", "insert", "delete"]),
    ("provider_customers", &["select", "insert", "delete"]),
    ("idempotency_records", &["select", "insert", "update", "delete"]),
    ("idempotency_mentions", &["select", "insert", "delete"]),
    ("customer_events", &["select", "insert", "update"]),
    ("customer_feeds", &["select", "insert", "update"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Superuser,
    /// Of the tables, or a member of their owner.
    Owner,
    Ordinary,
}

/// What is not granted of [`NEEDED`], such as `insert on customers`; nothing is missed of a table that is not there.
pub async fn missing(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let (tables, privileges): (Vec<&str>, Vec<&str>) = NEEDED
        .iter()
        .flat_map(|(table, privileges)| privileges.iter().map(|privilege| (*table, *privilege)))
        .unzip();
    // Grants by column will do; there are none for delete.
    let look = "
        select privilege || ' on ' || relname
        from unnest($1::text[], $2::text[]) as needed (relname, privilege)
        join pg_catalog.pg_class as relation using (relname)
        where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
          and not case privilege
              when 'delete' then has_table_privilege(relation.oid, privilege)
              else has_any_column_privilege(relation.oid, privilege)
          end
        order by 1";
    sqlx::query_scalar(look).bind(tables).bind(privileges).fetch_all(connection).await
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
