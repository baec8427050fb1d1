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
use crate::telemetry::metrics;

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
        let created = self.session.run(caller.caller.tenant_id(), async |connection| {
            create::create(connection, caller, self.numbering, &customer).await
        });
        created.await.inspect(|_| metrics::succeeded(CustomerWrite::CreatePartner))
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        let tenant = caller.caller.tenant_id();
        self.session.run(tenant, async |connection| get::get(connection, caller, id).await).await
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        let tenant = caller.caller.tenant_id();
        let listed = self.session.run(tenant, async |connection| {
            partner_list::list(connection, &self.totals, caller, query).await
        });
        listed.await
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        let tenant = caller.caller.tenant_id();
        let deleted =
            self.session.run(tenant, async |connection| delete::delete(connection, caller, id).await);
        deleted.await.inspect(|()| metrics::succeeded(CustomerWrite::DeletePartner))
    }
}
