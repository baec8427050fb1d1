//! One partner customer, as far as the caller may see.

use sqlx::PgConnection;

use super::{find, load};
use crate::domain::{
    caller::PartnerCaller,
    partner::{PartnerCustomerId, StoredPartnerCustomer},
};
use crate::service::partners::PartnersError;

pub(super) async fn get(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    id: PartnerCustomerId,
) -> Result<StoredPartnerCustomer, PartnersError> {
    let number = find::visible(connection, caller, id).await?.ok_or(PartnersError::NotFound)?;
    let mut found = load::customers(connection, caller.caller.tenant_id(), &[number]).await?;
    found.pop().ok_or(PartnersError::NotFound)
}
