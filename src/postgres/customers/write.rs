//! The one statement of an update: the row, where it is still as it was read, and its event.
//!
//! Where no field changes, only a newer source version is kept: the version stays and there is no event. That is a write
//! which the version does not tell of, so both versions have to be those that were read.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{
    columns::{self, COLUMNS, Column},
    difference::Difference,
    event::Event,
};
use crate::domain::{
    caller::Caller,
    customer::{Customer, Profile},
    source_version::SourceVersion,
    tenant::TenantId,
};
use crate::postgres::{
    batch::{Op, by_place},
    statement::Statement,
};
use crate::service::customers::Saved;

/// Writes a customer's profile and its event. No answer: the row is no longer as it was read.
pub(in crate::postgres) struct Write;

pub(in crate::postgres) struct ChangedCustomer {
    number: i64,
    version: i64,
    /// As it was read.
    known_source_version: Option<SourceVersion>,
    source_version: Option<SourceVersion>,
    profile: Arc<Profile>,
    event: Event,
    /// Names of the fields that change, with commas between: arrays of arrays cannot be unnested.
    changed: String,
}

pub(in crate::postgres) struct Written {
    version: i64,
    updated_at: DateTime<Utc>,
}

impl ChangedCustomer {
    /// `None`: its URN is none of ours.
    pub fn new(caller: &Caller, difference: &Difference) -> Option<Self> {
        let Difference { before, after, changed, source_version, outcome: _ } = difference;
        let names: Vec<_> = changed.iter().map(|attribute| attribute.as_str()).collect();
        Some(Self {
            number: before.urn.stored_number()?,
            version: before.version,
            known_source_version: before.source_version,
            source_version: *source_version,
            profile: after.clone(),
            event: Event::new(caller),
            changed: names.join(","),
        })
    }
}

impl Written {
    pub fn into_saved(self, difference: Difference) -> Saved {
        let Self { version, updated_at } = self;
        let Difference { before, after, changed: _, source_version, outcome } = difference;
        let profile = Arc::unwrap_or_clone(after);
        Saved { customer: Customer { version, source_version, updated_at, profile, ..before }, outcome }
    }

    fn read(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        Ok(Some(Self { version: row.try_get("version")?, updated_at: row.try_get("updated_at")? }))
    }
}

#[tracing::instrument(name = "customers.update", skip_all)]
pub(super) async fn write(
    connection: &mut PgConnection,
    change: ChangedCustomer,
) -> Result<Option<Written>, sqlx::Error> {
    Write::ask_alone(connection, change).await
}

pub(super) static WRITE: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let mut input = vec![
            ("number", "bigint"),
            ("version", "bigint"),
            ("known_source_version", "bigint"),
            ("source_version", "bigint"),
        ];
        input.extend(COLUMNS.iter().map(|column| (column.name, "text")));
        input.extend(Event::COLUMNS);
        input.push(("changed", "text"));
        let (tenant, input) = (tenants.expression(), tenants.input(&input));
        let values =
            columns::list(|Column { name, sql_type, .. }| format!("{name} = input.{name}::{sql_type}"));
        format!(
            "
            with changed as (
                update customers
                set {values},
                    source_version = input.source_version,
                    version = customers.version + (input.changed <> '')::int,
                    -- The time, or null where nothing changed, which counts for nothing. Citus takes no time in a case.
                    updated_at = greatest(
                        customers.updated_at,
                        date_bin(
                            nullif((input.changed <> '')::int, 0) * interval '1 microsecond',
                            now(),
                            timestamptz 'epoch'
                        )
                    )
                from {input}
                where customers.tenant_id = {tenant}
                  and customers.number = input.number
                  and customers.version = input.version
                  and customers.source_version is not distinct from input.known_source_version
                  and customers.erased_at is null
                returning
                    customers.tenant_id,
                    customers.number,
                    customers.version,
                    customers.updated_at,
                    input.place,
                    input.event_id,
                    input.actor,
                    input.correlation_id,
                    input.changed
            ),
            event as (
                insert into customer_events (
                    tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields
                )
                select
                    tenant_id,
                    event_id,
                    number,
                    version,
                    'updated',
                    actor,
                    correlation_id,
                    string_to_array(changed, ',')
                from changed
                where changed <> ''
            )
            select place, version, updated_at
            from changed
            "
        )
    })
});

impl Op for Write {
    type Ask = ChangedCustomer;
    type Answer = Written;
    const IS_READ: bool = false;

    fn tenant(ask: &ChangedCustomer) -> TenantId {
        ask.event.tenant
    }

    async fn trip(
        connection: &mut PgConnection,
        asks: &[ChangedCustomer],
    ) -> Result<Vec<Option<Written>>, sqlx::Error> {
        let numbers: Vec<_> = asks.iter().map(|ask| ask.number).collect();
        let versions: Vec<_> = asks.iter().map(|ask| ask.version).collect();
        let source_versions = |of: fn(&ChangedCustomer) -> Option<SourceVersion>| {
            asks.iter().map(|ask| of(ask).map(SourceVersion::get)).collect::<Vec<_>>()
        };
        let mut query = Self::query(&WRITE, asks)
            .bind(numbers)
            .bind(versions)
            .bind(source_versions(|ask| ask.known_source_version))
            .bind(source_versions(|ask| ask.source_version));
        for values in columns::arrays(asks.iter().map(|ask| &*ask.profile)) {
            query = query.bind(values);
        }
        let changed: Vec<_> = asks.iter().map(|ask| ask.changed.as_str()).collect();
        let query = Event::bind(query, asks.iter().map(|ask| &ask.event)).bind(changed);
        let rows = query.fetch_all(connection).await?;
        by_place(asks.len(), &rows, Written::read)
    }
}
