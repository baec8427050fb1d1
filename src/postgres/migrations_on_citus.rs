//! Released migrations in a form that Citus takes, where tables were distributed before them.
//!
//! A released file never changes, because programs compare checksums; its other form goes by the checksum of the file, and
//! leaves the same schema. New migrations need none: `tests/migrations/distributed.rs` keeps them to what Citus takes.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, Migrator},
};

/// Adds a constraint in a statement of its own.
const LIMIT_TENANTS: &str = "
    do $$ begin
        alter table tenants add column requests_per_second integer;
        alter table tenants add column request_burst integer;
        alter table tenants
            add constraint tenants_requests_per_second_check check (requests_per_second between 1 and 100000);
        alter table tenants add constraint tenants_request_burst_check check (request_burst between 1 and 100000);
        comment on column tenants.requests_per_second is
            'Requests a second in the long run, on each server; NULL: the server''s setting.';
        comment on column tenants.request_burst is
            'Requests at once after a rest; NULL: twice requests_per_second, or the server''s setting where that is NULL too.';
    end $$";

const FORMS: [(i64, &str); 1] = [(20_261_121_000_600, LIMIT_TENANTS)];

/// The versions that have another form.
pub fn versions() -> impl Iterator<Item = i64> {
    FORMS.into_iter().map(|(version, _)| version)
}

/// The same migrations, in their other form where they have one.
pub fn migrator(files: &Migrator) -> Migrator {
    Migrator {
        migrations: files.iter().map(in_form).collect(),
        ignore_missing: files.ignore_missing,
        ..Migrator::DEFAULT
    }
}

fn in_form(migration: &Migration) -> Migration {
    let form = FORMS.into_iter().find(|(version, _)| *version == migration.version);
    match form {
        Some((_, sql)) => Migration { sql: sql.into_sql_str(), ..migration.clone() },
        None => migration.clone(),
    }
}
