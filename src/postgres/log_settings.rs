//! Whether PostgreSQL's own log would hold values of customers: it quotes rows, parameters and statements in some
//! settings, and no erasure reaches it.

use sqlx::{PgConnection, PgExecutor};

use super::distribution::{self, Told};

/// In one line, with commas. Parameters of statements that succeed are logged where such statements are, and their length
/// is not 0.
const TALKATIVE: &str = "
    with setting as (select name, setting as value from pg_catalog.pg_settings),
    statements as (
        select exists (
            select from setting
            where (name = 'log_statement' and value in ('mod', 'all'))
               or (name = 'log_min_duration_statement' and value <> '-1')
               or (name = 'log_min_duration_sample' and value <> '-1')
               or (name = 'log_transaction_sample_rate' and value <> '0')
        ) as are_logged
    )
    select coalesce(
        string_agg(
            case name
                when 'log_error_verbosity' then 'log_error_verbosity = terse'
                when 'log_min_error_statement' then 'log_min_error_statement = panic'
                else name || ' = 0'
            end,
            ', ' order by name
        ),
        ''
    )
    from setting, statements
    where (name = 'log_error_verbosity' and value <> 'terse')
       or (name = 'log_min_error_statement' and value not in ('log', 'fatal', 'panic'))
       or (name = 'log_parameter_max_length_on_error' and value <> '0')
       or (name = 'log_parameter_max_length' and value <> '0' and are_logged)";

/// The settings that would write values, each as `name = value that does not`; empty: none.
pub async fn talkative(executor: impl PgExecutor<'_>) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(TALKATIVE).fetch_one(executor).await
}

/// Those of the workers of a Citus cluster, which write statements of their own; only workers that have some.
pub async fn talkative_workers(connection: &mut PgConnection) -> Result<Vec<Told>, sqlx::Error> {
    distribution::ask_workers(connection, TALKATIVE).await
}

/// What to do about them.
pub fn advice(talkative: &str) -> String {
    format!("PostgreSQL's log would quote what customers hold: set {talkative} on the database server")
}

pub fn advice_on_workers(talkative: &[Told]) -> String {
    let workers: Vec<_> =
        talkative.iter().map(|Told { node, text }| format!("{text} on the worker {node}")).collect();
    format!("PostgreSQL's log would quote what customers hold: set {}", workers.join("; "))
}
