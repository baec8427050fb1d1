//! A partner's new customer: record, projection, relations, provider customers and event in one transaction.

use std::sync::Arc;

use sqlx::PgConnection;

use super::{
    find,
    insert::{insert_associations, insert_partner, insert_providers},
    load,
    references::check_references,
};
use crate::domain::{
    caller::PartnerCaller,
    customer::Profile,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
    tenant::TenantId,
};
use crate::postgres::{
    customers::{
        complete::check_complete,
        numbering::Numbering,
        store::{self, NewCustomer},
        taken,
    },
    error::is_serialization_failure,
    transaction::{begin, commit, rollback},
};
use crate::service::{
    customers::{Conflict, Identity, TakenIdentity},
    partners::{Creation, PartnersError},
    storage_error::StorageError,
};

const ATTEMPTS: usize = 4;

pub(super) async fn create(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    numbering: Numbering,
    customer: &PartnerCustomer,
) -> Result<Creation, PartnersError> {
    let creation = |number, is_new| Creation { id: customer.id, urn: numbering.urn(number), is_new };
    check_references(connection, caller, customer).await?;
    let profile = Arc::new(customer.projection());
    check_complete(&caller.caller, &profile)?;
    for _ in 0..ATTEMPTS {
        match insert(connection, caller, numbering, customer, &profile).await {
            Ok(Some(number)) => return Ok(creation(number, true)),
            Ok(None) => {}
            Err(error) if is_serialization_failure(&error) => continue,
            Err(error) => return Err(error.into()),
        }
        if let Some(number) = find_equal(connection, caller, customer).await? {
            return Ok(creation(number, false));
        }
        let taken = taken(connection, caller.caller.tenant_id(), numbering, customer.id, &profile).await?;
        if !taken.is_empty() {
            return Err(PartnersError::Taken(Conflict { target: None, taken }));
        }
    }
    Err(StorageError::Unavailable.into())
}

/// Inserts everything and returns the number, or `None` and nothing: an identity is taken.
async fn insert(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    numbering: Numbering,
    customer: &PartnerCustomer,
    profile: &Arc<Profile>,
) -> Result<Option<i64>, sqlx::Error> {
    let tenant = caller.caller.tenant_id();
    let mut transaction = begin(connection).await?;
    let number = numbering.next();
    let new = NewCustomer::new(&caller.caller, number, profile.clone(), None);
    let inserted = store::insert(&mut transaction, new).await?;
    if inserted.is_none() || !insert_partner(&mut transaction, tenant, number, customer).await? {
        rollback(transaction).await?;
        return Ok(None);
    }
    insert_associations(&mut transaction, tenant, number, customer).await?;
    insert_providers(&mut transaction, tenant, number, customer).await?;
    commit(transaction).await?;
    Ok(Some(number))
}

/// The identities of the projection, and the partner's id if C2A has since given its customer another external id.
async fn taken(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbering: Numbering,
    id: PartnerCustomerId,
    profile: &Profile,
) -> Result<Vec<TakenIdentity>, PartnersError> {
    let mut taken = taken::taken(connection, tenant, numbering, profile, None).await?;
    if taken.iter().all(|taken| taken.identity != Identity::ExternalId) {
        let holder = find::holder(connection, tenant, id).await?.map(|number| numbering.urn(number));
        taken.extend(holder.map(|_| TakenIdentity { identity: Identity::ExternalId, holder }));
    }
    taken.sort_by_key(|taken| taken.identity);
    Ok(taken)
}

/// The number of the same customer, if it exists already.
async fn find_equal(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    customer: &PartnerCustomer,
) -> Result<Option<i64>, PartnersError> {
    let Some(number) = find::visible(&mut *connection, caller, customer.id).await? else { return Ok(None) };
    let stored = load::customers(connection, caller.caller.tenant_id(), &[number]).await?;
    let is_equal = |stored: &StoredPartnerCustomer| match stored {
        StoredPartnerCustomer::Living(stored) => stored.same_request_as(customer),
        StoredPartnerCustomer::Erased(_) => false,
    };
    Ok(stored.iter().any(is_equal).then_some(number))
}
