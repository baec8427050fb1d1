//! Partner customers in PostgreSQL: one file a verb, on top of the customer record.

mod create;
mod find;
mod list;
mod load;
mod row;

use super::customers::{PgCustomers, Target, delete};
use crate::domain::{
    caller::PartnerCaller,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
    precondition::Precondition,
};
use crate::service::partners::{Creation, ListQuery, Page, PartnersError, PartnersService};
use crate::telemetry::metrics;
use async_trait::async_trait;

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
        self.create_new(caller, &customer).await.inspect(|_| metrics::succeeded("create_partner"))
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let number = find::visible(&mut connection, caller, id).await?.ok_or(PartnersError::NotFound)?;
        let mut found = load::customers(&mut connection, caller.caller.tenant_id(), &[number]).await?;
        found.pop().ok_or(PartnersError::NotFound)
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        list::page(&mut connection, caller, query).await
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        let mut connection = self.customers.connection(caller.caller.tenant_id()).await?;
        let number = find::visible(&mut connection, caller, id).await?.ok_or(PartnersError::NotFound)?;
        let target = Target { number: Some(number), external_id: None };
        delete::erase(&mut connection, &caller.caller, target, &Precondition::None).await?;
        metrics::succeeded("delete_partner");
        Ok(())
    }
}
