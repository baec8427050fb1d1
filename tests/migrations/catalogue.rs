//! What every table has to be, read off a migrated database: named, explained, and fit for Citus unchanged.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::database;

/// What to do, and a query for the names of those for which it has not been done.
///
/// `{copied}` are the tables that are on every node of Citus; all others are distributed by tenant.
const RULES: [(&str, &str); 12] = [
    (
        "comment on every table",
        "select relname::text from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> '_sqlx_migrations'
          and coalesce(obj_description(oid, 'pg_class'), '') = ''",
    ),
    (
        "name constraints <table>_<columns>_{pkey,key,fkey,check}",
        "select conname::text from pg_constraint join pg_class on pg_class.oid = conrelid
        where connamespace = 'public'::regnamespace and relname <> '_sqlx_migrations'
          and contype in ('p', 'u', 'f', 'c', 'x')
          and conname !~ ('^' || relname || '_([a-z_]+_)?'
              || case contype when 'p' then 'pkey' when 'u' then 'key' when 'f' then 'fkey' else 'check' end || '$')",
    ),
    (
        "name indexes <table>_<columns>_{pkey,key,idx}",
        "select index.relname::text from pg_index
        join pg_class as index on index.oid = indexrelid
        join pg_class as relation on relation.oid = indrelid
        where relation.relnamespace = 'public'::regnamespace and relation.relname <> '_sqlx_migrations'
          and index.relname !~ ('^' || relation.relname || '_([a-z_]+_)?'
              || case when indisprimary then 'pkey' when indisunique then 'key' else 'idx' end || '$')",
    ),
    (
        "take UUIDs or numbers of the application instead of identity columns",
        "select attrelid::regclass || '.' || attname from pg_attribute
        join pg_class on pg_class.oid = attrelid
        where relnamespace = 'public'::regnamespace and attidentity <> ''",
    ),
    (
        "take UUIDs or numbers of the application instead of serials and sequences",
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'",
    ),
    (
        "write what a trigger would do into the statement",
        "select tgname::text from pg_trigger where not tgisinternal",
    ),
    (
        "write what a function would do into the statement: two versions of the program would fight over it",
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace",
    ),
    (
        "leave row level security to operators: on Citus it hides every row",
        "select relname::text from pg_class
        where relnamespace = 'public'::regnamespace and (relrowsecurity or relforcerowsecurity)",
    ),
    (
        "begin every primary key and unique index with tenant_id",
        "select indexrelid::regclass::text from pg_index
        join pg_class on pg_class.oid = indrelid
        join pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where relnamespace = 'public'::regnamespace and indisunique and attname <> 'tenant_id'
          and relname <> '_sqlx_migrations' and relname not in ({copied})",
    ),
    (
        "let no table that is on every node point to one that is distributed",
        "select conname::text from pg_constraint
        where contype = 'f' and connamespace = 'public'::regnamespace
          and conrelid::regclass::text in ({copied}) and confrelid::regclass::text not in ({copied})",
    ),
    (
        "let no foreign key with tenant_id change it: on Citus it decides where the row is",
        "select conname::text from pg_constraint
        where contype = 'f' and connamespace = 'public'::regnamespace
          and (confdeltype in ('n', 'd') or confupdtype in ('n', 'd', 'c'))",
    ),
    (
        "begin every foreign key with tenant_id, on both sides unless it references tenants",
        "select conname::text from pg_constraint
        join pg_attribute as here on here.attrelid = conrelid and here.attnum = conkey[1]
        join pg_attribute as there on there.attrelid = confrelid and there.attnum = confkey[1]
        where contype = 'f' and connamespace = 'public'::regnamespace
          and (here.attname <> 'tenant_id'
              or there.attname <> 'tenant_id' and confrelid::regclass::text <> 'tenants')",
    ),
];

/// Breaks each rule once.
const BROKEN: &str = "
    create table orders (
        id bigint generated always as identity constraint orders_primary primary key,
        number bigserial,
        customer_number bigint,
        tenant_id uuid unique constraint orders_tenant references tenants (id)
    );
    create unique index orders_by_number on orders (number);
    alter table orders add constraint orders_id_fkey foreign key (id) references orders (id) on delete set null;
    alter table orders enable row level security;
    alter table tenants add constraint tenants_id_fkey foreign key (id) references orders (tenant_id);
    create function touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger orders_touch before update on orders for each row execute function touch();";

#[tokio::test]
async fn every_table_is_named_explained_and_fit_for_citus() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();
    for (advice, query) in RULES {
        let broken = look(&mut connection, query).await;
        assert!(broken.is_empty(), "{advice}: {}", broken.join(", "));
    }
}

#[tokio::test]
async fn a_table_that_breaks_every_rule_is_found_by_each() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();
    sqlx::raw_sql(BROKEN).execute(&mut connection).await.unwrap();
    for (advice, query) in RULES {
        let broken = look(&mut connection, query).await;
        assert!(!broken.is_empty(), "nothing breaks: {advice}");
    }
}

async fn look(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let query = query.replace("{copied}", &copied());
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(connection).await.unwrap()
}

/// As `deploy/citus/distribute.sql` has them, and `tenants`, which has no tenant_id.
fn copied() -> String {
    let script = include_str!("../../deploy/citus/distribute.sql");
    let (_, list) = script.split_once("copied constant text[] := '{").unwrap();
    let names = list.split('}').next().unwrap().split(", ");
    names.chain(["tenants"]).map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
