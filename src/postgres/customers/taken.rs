//! Which identities of a profile other customers hold, and who holds them.

use sqlx::PgConnection;

use super::numbering::Numbering;
use crate::domain::{customer::Profile, tenant::TenantId};
use crate::service::customers::{CustomersError, Identity, TakenIdentity};

/// Every identity of `profile` that a customer other than `own_number` holds, in the order of the answer.
///
/// Three index look-ups in one statement. It sees what was committed before it started: after a lost race that is the
/// winner, unless it was erased meanwhile.
#[tracing::instrument(name = "customers.taken", skip_all)]
pub(in crate::postgres) async fn taken(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbering: Numbering,
    profile: &Profile,
    own_number: Option<i64>,
) -> Result<Vec<TakenIdentity>, CustomersError> {
    let holders = sqlx::query!(
        r#"
        select
            (
                select number from customers
                where tenant_id = $1 and external_id = $2 and number is distinct from $5
            ) as external_id,
            (
                select number from customers
                where tenant_id = $1 and email_key = $3 and number is distinct from $5
            ) as email,
            (
                select number from customers
                where tenant_id = $1 and phone_number = $4 and number is distinct from $5
            ) as phone_number
        "#,
        tenant.0,
        profile.external_id.as_str(),
        profile.email.as_ref().map(|email| email.canonical()),
        profile.phone_number.as_ref().map(|phone| phone.as_str()),
        own_number,
    )
    .fetch_one(connection)
    .await?;
    let by_identity = [
        (Identity::ExternalId, holders.external_id),
        (Identity::Email, holders.email),
        (Identity::PhoneNumber, holders.phone_number),
    ];
    let taken = by_identity.into_iter().filter_map(|(identity, holder)| {
        holder.map(|number| TakenIdentity { identity, holder: numbering.urn(number) })
    });
    Ok(taken.collect())
}
