//! The only read of a whole customer; `update` starts from it too.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{columns, target::Target};
use crate::domain::{
    customer::{Customer, Profile},
    customer_urn::{Cell, CustomerUrn},
    source_version::SourceVersion,
    tenant::TenantId,
};
use crate::postgres::{
    batch::{Op, by_place},
    statement::Statement,
};
use crate::service::customers::CustomersError;

pub(super) async fn info(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    target: Target<'_>,
) -> Result<Customer, CustomersError> {
    let found = find(connection, tenant, target).await?;
    found.map(|found| found.into_customer(cell)).ok_or(CustomersError::NotFound)
}

#[tracing::instrument(name = "customers.info", skip_all)]
async fn find(
    connection: &mut PgConnection,
    tenant: TenantId,
    target: Target<'_>,
) -> Result<Option<Found>, sqlx::Error> {
    Find::ask_alone(connection, Wanted::new(tenant, target)).await
}

/// Looks a living customer up.
pub(in crate::postgres) struct Find;

pub(in crate::postgres) struct Wanted {
    tenant: TenantId,
    number: Option<i64>,
    external_id: Option<String>,
}

/// A living customer.
pub(in crate::postgres) struct Found {
    number: i64,
    version: i64,
    source_version: Option<SourceVersion>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    profile: Profile,
}

impl Wanted {
    pub fn new(tenant: TenantId, target: Target<'_>) -> Self {
        let (number, external_id) = (target.number(), target.external_id());
        Self { tenant, number, external_id: external_id.map(str::to_owned) }
    }
}

impl Found {
    pub fn into_customer(self, cell: Cell) -> Customer {
        let Self { number, version, source_version, created_at, updated_at, profile } = self;
        let urn = CustomerUrn::from_stored(cell, number);
        Customer { urn, version, source_version, created_at, updated_at, profile }
    }

    fn read(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        let (number, version) = (row.try_get("number")?, row.try_get("version")?);
        let source_version: Option<i64> = row.try_get("source_version")?;
        let source_version = source_version.map(SourceVersion::from_stored);
        let (created_at, updated_at) = (row.try_get("created_at")?, row.try_get("updated_at")?);
        let profile = columns::profile(row, FIRST_COLUMN)?;
        let found = |profile| Self { number, version, source_version, created_at, updated_at, profile };
        Ok(profile.map(found))
    }
}

/// The place of the first column of the profile in a row.
const FIRST_COLUMN: usize = 6;

/// By number or by external id: the sub-select runs only where no number is given, and both are index look-ups.
pub(super) static FIND: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let (tenant, input) =
            (tenants.expression(), tenants.input(&[("number", "bigint"), ("external_id", "text")]));
        let columns = columns::list(|column| format!("customers.{}::text", column.name));
        format!(
            "
            select
                input.place,
                customers.number,
                customers.version,
                customers.source_version,
                customers.created_at,
                customers.updated_at,
                {columns}
            from {input}
            join customers
              on customers.tenant_id = {tenant}
             and customers.number = coalesce(
                 input.number,
                 (
                     select known.number
                     from customers as known
                     where known.tenant_id = {tenant}
                       and known.external_id = input.external_id
                 )
             )
            where customers.erased_at is null
            "
        )
    })
});

impl Op for Find {
    type Ask = Wanted;
    type Answer = Found;
    const IS_READ: bool = true;

    fn tenant(ask: &Wanted) -> TenantId {
        ask.tenant
    }

    async fn trip(connection: &mut PgConnection, asks: &[Wanted]) -> Result<Vec<Option<Found>>, sqlx::Error> {
        let numbers: Vec<_> = asks.iter().map(|ask| ask.number).collect();
        let external_ids: Vec<_> = asks.iter().map(|ask| ask.external_id.as_deref()).collect();
        let rows = Self::query(&FIND, asks).bind(numbers).bind(external_ids).fetch_all(connection).await?;
        by_place(asks.len(), &rows, Found::read)
    }
}
