//! Whether an external id is free in its tenant.

use std::sync::LazyLock;

use sqlx::PgConnection;

use crate::domain::{external_id::ExternalId, tenant::TenantId};
use crate::postgres::{
    batch::{Op, by_place},
    statement::Statement,
};
use crate::service::customers::CustomersError;

#[tracing::instrument(name = "customers.validate", skip_all)]
pub(super) async fn validate(
    connection: &mut PgConnection,
    tenant: TenantId,
    external_id: &ExternalId,
) -> Result<bool, CustomersError> {
    Ok(IsTaken::ask_alone(connection, Claimed::new(tenant, external_id)).await?.is_none())
}

/// Looks whether a customer has an external id: the answer is there where one has it.
pub(in crate::postgres) struct IsTaken;

pub(in crate::postgres) struct Claimed {
    tenant: TenantId,
    external_id: String,
}

impl Claimed {
    pub fn new(tenant: TenantId, external_id: &ExternalId) -> Self {
        Self { tenant, external_id: external_id.as_str().to_owned() }
    }
}

pub(super) static IS_TAKEN: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let (tenant, input) = (tenants.expression(), tenants.input(&[("external_id", "text")]));
        format!(
            "
            select input.place
            from {input}
            join customers
              on customers.tenant_id = {tenant}
             and customers.external_id = input.external_id
            "
        )
    })
});

impl Op for IsTaken {
    type Ask = Claimed;
    type Answer = ();
    const IS_READ: bool = true;

    fn tenant(ask: &Claimed) -> TenantId {
        ask.tenant
    }

    async fn trip(connection: &mut PgConnection, asks: &[Claimed]) -> Result<Vec<Option<()>>, sqlx::Error> {
        let external_ids: Vec<_> = asks.iter().map(|ask| ask.external_id.as_str()).collect();
        let rows = Self::query(&IS_TAKEN, asks).bind(external_ids).fetch_all(connection).await?;
        by_place(asks.len(), &rows, |_| Ok(Some(())))
    }
}
