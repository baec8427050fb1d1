//! The erasure of a customer that C2A does, for a customer that the partner may see.

use sqlx::PgConnection;

use super::find;
use crate::domain::{caller::PartnerCaller, partner::PartnerCustomerId, precondition::Precondition};
use crate::postgres::customers::{delete, numbering::Numbering, target::Target};
use crate::service::partners::PartnersError;

pub(super) async fn delete(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    numbering: Numbering,
    id: PartnerCustomerId,
) -> Result<(), PartnersError> {
    let number = find::visible(connection, caller, id).await?.ok_or(PartnersError::NotFound)?;
    let target = Target::Number(number);
    delete::delete(connection, &caller.caller, numbering, target, &Precondition::None).await?;
    Ok(())
}
