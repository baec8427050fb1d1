//! Partner customers in PostgreSQL: one file a verb, on top of the customer record.

mod create;
mod find;
mod list;
mod load;
mod row;

use async_trait::async_trait;
use sqlx::PgPool;

use super::customers::{PgCustomers, Target, delete};
use crate::domain::{
    caller::PartnerCaller,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
};
use crate::service::partners::{Creation, ListQuery, Page, PartnersError, PartnersService};

pub struct PgPartners {
    pool: PgPool,
    customers: PgCustomers,
}

impl PgPartners {
    pub fn new(pool: PgPool, customers: PgCustomers) -> Self {
        Self { pool, customers }
    }
}

#[async_trait]
impl PartnersService for PgPartners {
    async fn create(
        &self,
        caller: &PartnerCaller,
        customer: PartnerCustomer,
    ) -> Result<Creation, PartnersError> {
        self.create_new(caller, &customer).await
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        let number = find::visible(&self.pool, caller, id).await?.ok_or(PartnersError::NotFound)?;
        let mut found = load::customers(&self.pool, caller.caller.tenant_id(), &[number]).await?;
        found.pop().ok_or(PartnersError::NotFound)
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        list::page(&self.pool, caller, query).await
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        let number = find::visible(&self.pool, caller, id).await?.ok_or(PartnersError::NotFound)?;
        let target = Target { number: Some(number), external_id: None };
        Ok(delete::erase(&self.pool, &caller.caller, target).await?)
    }
}
