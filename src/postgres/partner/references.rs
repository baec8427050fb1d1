//! Whether what a customer names is there: resellers and provider instances of the tenant.

use sqlx::PgConnection;

use crate::domain::{
    caller::{PartnerCaller, PartnerRole},
    partner::{PartnerCustomer, ProviderInstanceId, ResellerId},
};
use crate::service::partners::PartnersError;

/// Every reseller and provider instance it names is the tenant's.
#[tracing::instrument(name = "partner.check_references", skip_all)]
pub(super) async fn check_references(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    customer: &PartnerCustomer,
) -> Result<(), PartnersError> {
    let named = customer.resellers();
    let instances: Vec<_> = customer.provider_customers.keys().copied().collect();
    let known = sqlx::query!(
        r#"
        select
            array(select id from resellers where tenant_id = $1 and id = any($2)) as "resellers!",
            array(
                select id
                from provider_instances
                where tenant_id = $1
                  and id = any($3)
                  and removed_at is null
            ) as "provider_instances!"
        "#,
        caller.caller.tenant_id().0,
        &named.iter().map(|id| id.0).collect::<Vec<_>>(),
        &instances.iter().map(|id| id.0).collect::<Vec<_>>(),
    )
    .fetch_one(connection)
    .await?;
    let is_unknown = |id: ResellerId| !known.resellers.contains(&id.0);
    let reseller = customer.reseller.is_some_and(is_unknown);
    let associations = customer.associations.iter().enumerate();
    let associations: Vec<usize> =
        associations.filter(|(_, (id, _))| is_unknown(*id)).map(|(position, _)| position).collect();
    let provider_instances: Vec<ProviderInstanceId> =
        instances.into_iter().filter(|id| !known.provider_instances.contains(&id.0)).collect();
    match caller.role {
        PartnerRole::Reseller(_) if reseller => Err(PartnersError::Forbidden),
        _ if !reseller && associations.is_empty() && provider_instances.is_empty() => Ok(()),
        _ => Err(PartnersError::Unknown { reseller, associations, provider_instances }),
    }
}
