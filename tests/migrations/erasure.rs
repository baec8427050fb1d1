//! What an erasure clears is what the tables say of an erased row: two lists of columns that the compiler cannot
//! compare. A new column is either cleared, or named here as one that stays.

use std::collections::BTreeSet;

use azotte_customers::postgres::customers;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::database;

/// What stays of an erased row, because it identifies no person.
const KEPT: [(&str, &[&str]); 3] = [
    (
        "customers",
        &[
            "tenant_id",
            "number",
            "legal_type",
            "country_code",
            "status",
            "version",
            "created_at",
            "updated_at",
            "erased_at",
        ],
    ),
    // The partner's id is replaced by a random one.
    ("partner_customers", &["tenant_id", "customer_number", "partner_id", "reseller_id"]),
    (
        "idempotency_records",
        &[
            "tenant_id",
            "operation",
            "key_digest",
            "customer_number",
            "status",
            "content_type",
            "created_at",
            "expires_at",
            "erased_at",
        ],
    ),
];

/// Columns that an erasure clears and the check does not demand yet, because the release before clears them not: its
/// erasures have to work on this schema. The migration that made the column says what follows.
const NOT_DEMANDED_YET: [(&str, &str); 1] = [("customers", "source_version")];

/// Tables whose erased rows are checked by `<table>_erased_check`.
const CHECKED: [&str; 2] = ["customers", "idempotency_records"];

#[tokio::test]
async fn an_erasure_clears_exactly_what_the_checks_demand() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();

    for table in CHECKED {
        let mut demanded = demanded(&mut connection, table).await;
        let further = NOT_DEMANDED_YET.iter().filter(|(of, _)| *of == table);
        for (_, column) in further {
            assert!(demanded.insert((*column).to_owned()), "{column} is demanded: take it off the list");
        }
        assert_eq!(cleared(table), demanded, "{table}");
    }
}

#[tokio::test]
async fn an_erasure_that_does_not_know_the_newest_columns_works() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();
    let stored = "insert into tenants (id, name, jwt_required, required_fields, payment_channels)
            values ('00000000-0000-4000-8000-000000000001', 'globex', false, '{}', '{}');
        insert into customers
            (tenant_id, number, external_id, source_version, legal_type, country_code, language_code, status)
            values ('00000000-0000-4000-8000-000000000001', 1, 'crm-1', 5, 'Individual', 'DE', 'de', 'Active')";
    sqlx::raw_sql(stored).execute(&mut connection).await.unwrap();
    let columns: BTreeSet<_> = cleared("customers").into_iter().collect();
    let known = columns.iter().filter(|column| !NOT_DEMANDED_YET.contains(&("customers", column)));
    let known: Vec<_> = known.map(|column| format!("{column} = null")).collect();

    let erase =
        format!("update customers set {}, status = 'Anonymized', erased_at = now()", known.join(", "));
    let erased = sqlx::raw_sql(AssertSqlSafe(erase)).execute(&mut connection).await.unwrap();

    assert_eq!(erased.rows_affected(), 1);
}

#[tokio::test]
async fn every_column_is_cleared_or_known_to_stay() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();

    for (table, kept) in KEPT {
        assert_eq!(forgotten_columns(&mut connection, table, kept).await, Vec::<String>::new(), "{table}");
    }
}

#[tokio::test]
async fn every_table_that_knows_a_customer_is_part_of_an_erasure() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();

    // Events stay: they name no person.
    assert_eq!(forgotten_tables(&mut connection).await, ["customer_events"]);
}

#[tokio::test]
async fn planted_columns_and_tables_are_found() {
    let mut connection = PgConnection::connect(&database::create().await).await.unwrap();
    sqlx::raw_sql(
        "alter table customers add nickname text, drop constraint customers_erased_check;
        alter table customers add constraint customers_erased_check
            check (erased_at is null or num_nonnulls(external_id, nickname) = 0);
        create table nicknames (tenant_id uuid, customer_number bigint, nickname text);",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let (table, kept) = KEPT[0];

    let demanded = demanded(&mut connection, table).await;
    assert_eq!(demanded.difference(&cleared(table)).collect::<Vec<_>>(), ["nickname"]);
    assert_eq!(forgotten_columns(&mut connection, table, kept).await, ["nickname"]);
    assert_eq!(forgotten_tables(&mut connection).await, ["customer_events", "nicknames"]);
}

/// The columns that an erasure sets to null.
fn cleared(table: &str) -> BTreeSet<String> {
    let statement = erasure();
    let (_, update) = statement.split_once(&format!("update {table} set ")).unwrap();
    let (assignments, _) = update.split_once(" from ").unwrap();
    assignments
        .split(", ")
        .filter_map(|assignment| assignment.strip_suffix(" = null"))
        .map(str::to_owned)
        .collect()
}

/// The columns that are null in every erased row, by the constraint that says so.
async fn demanded(connection: &mut PgConnection, table: &str) -> BTreeSet<String> {
    let definition: String =
        sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
            .bind(format!("{table}_erased_check"))
            .fetch_one(connection)
            .await
            .unwrap();
    let (_, columns) = definition.split_once("num_nonnulls(").unwrap();
    let (columns, _) = columns.split_once(')').unwrap();
    columns.split(", ").map(str::to_owned).collect()
}

/// Columns that are neither cleared nor known to stay.
async fn forgotten_columns(connection: &mut PgConnection, table: &str, kept: &[&str]) -> Vec<String> {
    let columns: Vec<String> = sqlx::query_scalar(
        "select attname::text from pg_attribute
        where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
    )
    .bind(table)
    .fetch_all(connection)
    .await
    .unwrap();
    let cleared = cleared(table);
    columns
        .into_iter()
        .filter(|column| !cleared.contains(column) && !kept.contains(&column.as_str()))
        .collect()
}

/// Tables with the number of a customer that an erasure does not touch.
async fn forgotten_tables(connection: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_attribute
        join pg_class on pg_class.oid = attrelid
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attname = 'customer_number'
        order by relname",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let statement = erasure();
    let touches = |verb: &str, table: &str| statement.contains(&format!("{verb} {table} "));
    tables.into_iter().filter(|table| !touches("update", table) && !touches("delete from", table)).collect()
}

/// The statement of an erasure, on one line.
fn erasure() -> String {
    let mut erasures = customers::statements().into_iter().filter(|text| text.contains("erased_at = now()"));
    let erasure = erasures.next().unwrap();
    assert!(erasures.next().is_none(), "one statement erases");
    erasure.split_whitespace().collect::<Vec<_>>().join(" ")
}
