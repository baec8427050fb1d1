//! Partner customers in PostgreSQL: one file a verb, on top of the customer record.

mod create;
mod find;
mod list;
mod load;
mod row;

use async_trait::async_trait;
use sqlx::PgConnection;

use super::customers::{PgCustomers, Target, delete};
use crate::domain::{
    caller::PartnerCaller,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
    precondition::Precondition,
};
use crate::service::partners::{Creation, ListQuery, Page, PartnersError, PartnersService};
use crate::telemetry::metrics;

pub struct PgPartners {
    customers: PgCustomers,
}

impl PgPartners {
    /// On the database, or in the transaction, that `customers` works in.
    pub fn new(customers: PgCustomers) -> Self {
        Self { customers }
    }
}

#[async_trait]
impl PartnersService for PgPartners {
    async fn create(
        &self,
        caller: &PartnerCaller,
        customer: PartnerCustomer,
    ) -> Result<Creation, PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let created = self.create_new(&mut connection, caller, &customer).await;
        connection.give_back_after(created).inspect(|_| metrics::succeeded("create_partner"))
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let found = load::one(&mut connection, caller, id).await;
        connection.give_back_after(found)
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let page = list::page(&mut connection, caller, query).await;
        connection.give_back_after(page)
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let erased = erase(&mut connection, caller, id).await;
        connection.give_back_after(erased).inspect(|()| metrics::succeeded("delete_partner"))
    }
}

async fn erase(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    id: PartnerCustomerId,
) -> Result<(), PartnersError> {
    let number = find::visible(&mut *connection, caller, id).await?.ok_or(PartnersError::NotFound)?;
    let target = Target { number: Some(number), external_id: None };
    Ok(delete::erase(connection, &caller.caller, target, &Precondition::None).await?)
}
