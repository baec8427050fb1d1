//! Partner customers in PostgreSQL: one file a verb, named as in [`PartnersService`], on top of the customer record.

mod create;
mod delete;
mod find;
mod get;
mod insert;
pub(super) mod load;
mod references;
mod row;

use async_trait::async_trait;

use super::partner_list::{self, Totals};
use super::{
    customers::{PgCustomers, numbering::Numbering},
    session::Session,
};
use crate::domain::{
    caller::PartnerCaller,
    customer_write::CustomerWrite,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
};
use crate::service::partners::{Creation, ListQuery, Page, PartnersError, PartnersService};

#[derive(Clone)]
pub struct PgPartners {
    session: Session,
    numbering: Numbering,
    totals: Totals,
}

impl PgPartners {
    /// On the database, or in the transaction, that `customers` works in.
    pub fn new(customers: PgCustomers) -> Self {
        Self {
            session: customers.session().clone(),
            numbering: customers.numbering(),
            totals: Totals::default(),
        }
    }
}

#[async_trait]
impl PartnersService for PgPartners {
    async fn create(
        &self,
        caller: &PartnerCaller,
        customer: PartnerCustomer,
    ) -> Result<Creation, PartnersError> {
        let customer = customer.created_by(caller.role.visible_reseller()).ok_or(PartnersError::Forbidden)?;
        let tenant = caller.caller.tenant_id();
        let (this, caller) = (self.clone(), caller.clone());
        let created = self.session.detached(async move {
            let create = async |connection: &mut _| {
                create::create(connection, &caller, this.numbering, &customer).await
            };
            this.session.run(caller.caller.tenant_id(), create).await
        });
        let created = created.await?;
        self.session.succeeded(tenant, CustomerWrite::CreatePartner).await;
        Ok(created)
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        let (this, caller) = (self.clone(), caller.clone());
        let found = self.session.detached(async move {
            let get = async |connection: &mut _| get::get(connection, &caller, id).await;
            this.session.run(caller.caller.tenant_id(), get).await
        });
        found.await
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        let (this, caller, query) = (self.clone(), caller.clone(), query.clone());
        let listed = self.session.detached(async move {
            let list = async |connection: &mut _| {
                partner_list::list(connection, &this.totals, &caller, &query).await
            };
            this.session.run(caller.caller.tenant_id(), list).await
        });
        listed.await
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        let tenant = caller.caller.tenant_id();
        let (this, caller) = (self.clone(), caller.clone());
        let deleted = self.session.detached(async move {
            let numbering = this.numbering;
            let delete = async |connection: &mut _| delete::delete(connection, &caller, numbering, id).await;
            this.session.run(caller.caller.tenant_id(), delete).await
        });
        deleted.await?;
        self.session.succeeded(tenant, CustomerWrite::DeletePartner).await;
        Ok(())
    }
}
