//! Whether a database is ours to migrate: an empty one, or one that has our first migration.
//!
//! DATABASE_URL is a common name. Left over from another project it must not cost that project its schema, nor its row in
//! `_sqlx_migrations`, which programs that use sqlx share.

use sqlx::PgConnection;

use super::migrations::MIGRATOR;

#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    #[error(
        "the schema \"{schema}\" of the database belongs to something else (it holds {holds}): \
         give azotte-customers an empty database of its own in DATABASE_URL"
    )]
    Foreign { schema: String, holds: String },
    #[error("the database is encoded in {0}: create one with `encoding 'UTF8' template template0`")]
    Encoding(String),
    #[error(
        "the user of DATABASE_URL may not see which migrations are applied: grant select on _sqlx_migrations"
    )]
    Hidden,
    #[error(
        "the user of DATABASE_URL has no schema to work in: check its search_path, and grant usage on it"
    )]
    NoSchema,
    #[error("the database stopped answering")]
    Silent(#[from] sqlx::Error),
}

/// `Ok` where migrations may be applied. Changes nothing.
pub async fn check(connection: &mut PgConnection) -> Result<(), NotOurs> {
    check_encoding(connection).await?;
    let schema: Option<String> =
        sqlx::query_scalar("select current_schema()::text").fetch_one(&mut *connection).await?;
    let schema = schema.ok_or(NotOurs::NoSchema)?;
    let relations = relations(connection).await?;
    if relations.is_empty() {
        return Ok(());
    }
    let has_mark = relations.iter().any(|name| name == "_sqlx_migrations");
    let applied = if has_mark { applied(connection).await? } else { Vec::new() };
    // sqlx makes its table first and by itself: an empty one alone is a start that was cut off.
    let is_begun = has_mark && relations.len() == 1 && applied.is_empty();
    if is_begun || applied.iter().any(is_ours) {
        return Ok(());
    }
    let holds = relations.into_iter().find(|name| name != "_sqlx_migrations");
    Err(NotOurs::Foreign { schema, holds: holds.unwrap_or_else(|| "other migrations".to_owned()) })
}

/// Names and addresses of customers are compared and cut as characters.
pub async fn check_encoding(connection: &mut PgConnection) -> Result<(), NotOurs> {
    let encoding: String =
        sqlx::query_scalar("select current_setting('server_encoding')").fetch_one(connection).await?;
    if encoding == "UTF8" { Ok(()) } else { Err(NotOurs::Encoding(encoding)) }
}

fn is_ours((version, checksum): &(i64, Vec<u8>)) -> bool {
    MIGRATOR
        .iter()
        .any(|migration| migration.version == *version && migration.checksum.as_ref() == checksum.as_slice())
}

/// What is in the schema, but for what belongs to extensions.
async fn relations(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let everything = "
        select relname::text
        from pg_catalog.pg_class as relation
        where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
          and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
          and not exists (
              select from pg_catalog.pg_depend
              where classid = 'pg_catalog.pg_class'::regclass and objid = relation.oid and deptype = 'e'
          )
        order by relname";
    sqlx::query_scalar(everything).fetch_all(connection).await
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<(i64, Vec<u8>)>, NotOurs> {
    let rows = sqlx::query_as("select version, checksum from _sqlx_migrations").fetch_all(connection).await;
    rows.map_err(|error| match error.as_database_error().and_then(|refusal| refusal.code()).as_deref() {
        Some("42501") => NotOurs::Hidden,
        _ => NotOurs::Silent(error),
    })
}
