//! A new customer: one statement, in which the unique indexes decide between concurrent requests.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{
    columns::{self, COLUMNS, Column},
    complete::check_complete,
    event::Event,
    identity_locks::IdentityLocks,
    numbering::Numbering,
    taken::taken,
};
use crate::domain::{
    caller::Caller,
    customer::{Customer, Profile},
    customer_urn::CustomerUrn,
    source_version::SourceVersion,
    tenant::TenantId,
    upsert::Outcome,
};
use crate::postgres::{
    batch::{Op, by_place},
    error::is_serialization_failure,
    statement::Statement,
};
use crate::service::{
    customers::{Conflict, CustomersError, LineDone},
    storage_error::StorageError,
};

/// Tries of a store whose conflict is gone when it is looked for.
const ATTEMPTS: usize = 4;

pub(super) async fn store(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: Arc<Profile>,
    source_version: Option<SourceVersion>,
) -> Result<Customer, CustomersError> {
    check_complete(caller, &profile)?;
    match try_insert(connection, caller, numbering, &profile, source_version).await? {
        Some(customer) => Ok(customer),
        None => store_contested(connection, caller, numbering, profile, source_version).await,
    }
}

/// Stores a customer whose identities or number were taken a moment ago.
pub(super) async fn store_contested(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: Arc<Profile>,
    source_version: Option<SourceVersion>,
) -> Result<Customer, CustomersError> {
    for _ in 0..ATTEMPTS {
        refuse_taken(connection, caller, numbering, &profile).await?;
        if let Some(customer) = try_insert(connection, caller, numbering, &profile, source_version).await? {
            return Ok(customer);
        }
    }
    Err(StorageError::Unavailable.into())
}

/// What a store would fail with now.
pub(super) async fn would_store(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: &Profile,
) -> Result<(), CustomersError> {
    check_complete(caller, profile)?;
    refuse_taken(connection, caller, numbering, profile).await
}

async fn refuse_taken(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: &Profile,
) -> Result<(), CustomersError> {
    let taken = taken(connection, caller.tenant_id(), numbering, profile, None).await?;
    if taken.is_empty() { Ok(()) } else { Err(CustomersError::Taken(Conflict { target: None, taken })) }
}

/// `None`: an identity or the number is taken, or a race was lost.
async fn try_insert(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: &Arc<Profile>,
    source_version: Option<SourceVersion>,
) -> Result<Option<Customer>, CustomersError> {
    let number = numbering.next();
    match insert(connection, NewCustomer::new(caller, number, profile.clone(), source_version)).await {
        Ok(inserted) => Ok(inserted.map(|inserted| {
            inserted.into_customer(numbering.urn(number), (**profile).clone(), source_version)
        })),
        Err(error) if is_serialization_failure(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[tracing::instrument(name = "customers.store", skip_all)]
pub(in crate::postgres) async fn insert(
    connection: &mut PgConnection,
    customer: NewCustomer,
) -> Result<Option<Inserted>, sqlx::Error> {
    Insert::ask_alone(connection, customer).await
}

/// Inserts a new customer with its event. No answer: an identity or the number is taken.
///
/// `on conflict do nothing` rather than an error, because PostgreSQL writes an error's detail, with the value in it, to
/// its own log. For the same reason its identities are claimed: an update must not write between the two.
pub(in crate::postgres) struct Insert;

pub(in crate::postgres) struct NewCustomer {
    number: i64,
    source_version: Option<SourceVersion>,
    profile: Arc<Profile>,
    event: Event,
}

impl NewCustomer {
    pub fn new(
        caller: &Caller,
        number: i64,
        profile: Arc<Profile>,
        source_version: Option<SourceVersion>,
    ) -> Self {
        Self { number, source_version, profile, event: Event::new(caller) }
    }
}

pub(in crate::postgres) struct Inserted {
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Inserted {
    pub fn into_customer(
        self,
        urn: CustomerUrn,
        profile: Profile,
        source_version: Option<SourceVersion>,
    ) -> Customer {
        let Self { version, created_at, updated_at } = self;
        Customer { urn, version, source_version, created_at, updated_at, profile }
    }

    pub fn into_done(self, urn: CustomerUrn) -> LineDone {
        LineDone { customer: Some(urn), version: self.version, outcome: Outcome::Created }
    }

    fn read(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        Ok(Some(Self {
            version: row.try_get("version")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        }))
    }
}

pub(super) static INSERT: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let mut input = vec![("number", "bigint"), ("source_version", "bigint")];
        input.extend(COLUMNS.iter().map(|column| (column.name, "text")));
        input.extend(Event::COLUMNS);
        let claims = input.len() + 2;
        let (tenant, input) = (tenants.expression(), tenants.input(&input));
        let columns = columns::list(|column| column.name.to_owned());
        let values = columns::list(|Column { name, sql_type, .. }| format!("input.{name}::{sql_type}"));
        format!(
            "
            with input as materialized (
                select * from {input}
            ),
            claimed as (
                select count(pg_advisory_xact_lock_shared(key)) as keys
                from unnest(${claims}::bigint[]) as key
            ),
            inserted as (
                insert into customers (tenant_id, number, source_version, {columns})
                select {tenant}, input.number, input.source_version, {values}
                from claimed, input
                order by input.place
                on conflict do nothing
                returning tenant_id, number, version, created_at, updated_at
            ),
            event as (
                insert into customer_events (
                    tenant_id, id, customer_number, version, kind, actor, correlation_id
                )
                select
                    inserted.tenant_id,
                    input.event_id,
                    inserted.number,
                    inserted.version,
                    'stored',
                    input.actor,
                    input.correlation_id
                from inserted
                join input
                  on {tenant} = inserted.tenant_id
                 and input.number = inserted.number
            )
            select input.place, inserted.version, inserted.created_at, inserted.updated_at
            from inserted
            join input
              on {tenant} = inserted.tenant_id
             and input.number = inserted.number
            "
        )
    })
});

impl Op for Insert {
    type Ask = NewCustomer;
    type Answer = Inserted;
    const IS_READ: bool = false;

    fn tenant(ask: &NewCustomer) -> TenantId {
        ask.event.tenant
    }

    async fn trip(
        connection: &mut PgConnection,
        asks: &[NewCustomer],
    ) -> Result<Vec<Option<Inserted>>, sqlx::Error> {
        let claims = asks.iter().map(|ask| IdentityLocks::of_profile(ask.event.tenant, &ask.profile));
        Self::trip_claiming(connection, asks, &IdentityLocks::of_all(claims)).await
    }
}

impl Insert {
    /// The same where the transaction has claimed all there is to claim, but for these.
    pub(super) async fn trip_claiming(
        connection: &mut PgConnection,
        asks: &[NewCustomer],
        claims: &IdentityLocks,
    ) -> Result<Vec<Option<Inserted>>, sqlx::Error> {
        let numbers: Vec<_> = asks.iter().map(|ask| ask.number).collect();
        let source_versions: Vec<_> =
            asks.iter().map(|ask| ask.source_version.map(SourceVersion::get)).collect();
        let mut query = Self::query(&INSERT, asks).bind(numbers).bind(source_versions);
        for values in columns::arrays(asks.iter().map(|ask| &*ask.profile)) {
            query = query.bind(values);
        }
        let query = Event::bind(query, asks.iter().map(|ask| &ask.event));
        let rows = query.bind(claims.keys()).fetch_all(connection).await?;
        by_place(asks.len(), &rows, Inserted::read)
    }
}
