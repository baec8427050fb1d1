//! Several whole customers by their numbers.

use sqlx::PgConnection;

use super::{
    info::{Find, Wanted},
    target::Target,
};
use crate::domain::{customer::Customer, customer_urn::Cell, tenant::TenantId};
use crate::postgres::batch::Op;

/// Those that are not erased, in the order of `numbers`.
#[tracing::instrument(name = "customers.living", skip_all)]
pub(in crate::postgres) async fn living(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    numbers: &[i64],
) -> Result<Vec<Customer>, sqlx::Error> {
    let wanted: Vec<_> = numbers.iter().map(|number| Wanted::new(tenant, Target::Number(*number))).collect();
    let found = Find::trip(connection, &wanted).await?;
    Ok(found.into_iter().flatten().map(|found| found.into_customer(cell)).collect())
}
