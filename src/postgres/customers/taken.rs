//! Which identities of profiles other customers hold, and who holds them.

use sqlx::PgConnection;

use super::numbering::Numbering;
use crate::domain::{customer::Profile, tenant::TenantId};
use crate::service::customers::{CustomersError, Identity, TakenIdentity};

/// In the order in which conflicts are answered, and of [`Identities`] and [`Holders`].
pub(super) const KINDS: [Identity; 3] = [Identity::ExternalId, Identity::Email, Identity::PhoneNumber];

/// External id, canonical e-mail address, phone number.
pub(super) type Identities<'a> = [Option<&'a str>; 3];

/// The number of whoever holds each.
pub(super) type Holders = [Option<i64>; 3];

pub(super) fn identities(profile: &Profile) -> Identities<'_> {
    let Profile { external_id, email, phone_number, .. } = profile;
    [
        Some(external_id.as_str()),
        email.as_ref().map(|email| email.canonical()),
        phone_number.as_ref().map(|phone| phone.as_str()),
    ]
}

/// Every identity of `profile` that a customer other than `own_number` holds, in the order of the answer.
#[tracing::instrument(name = "customers.taken", skip_all)]
pub(in crate::postgres) async fn taken(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbering: Numbering,
    profile: &Profile,
    own_number: Option<i64>,
) -> Result<Vec<TakenIdentity>, CustomersError> {
    let holders = holders(connection, tenant, &[identities(profile)]).await?.pop().unwrap_or_default();
    let others = holders.map(|holder| holder.filter(|number| Some(*number) != own_number));
    let taken = KINDS.into_iter().zip(others).filter_map(|(identity, holder)| {
        holder.map(|number| TakenIdentity { identity, holder: Some(numbering.urn(number)) })
    });
    Ok(taken.collect())
}

/// Who holds them, in the order of `asked`.
///
/// Three index look-ups for each, in one statement. It sees what was committed before it started: after a lost race that
/// is the winner, unless it was erased meanwhile.
pub(super) async fn holders(
    connection: &mut PgConnection,
    tenant: TenantId,
    asked: &[Identities<'_>],
) -> Result<Vec<Holders>, sqlx::Error> {
    let [external_ids, emails, phone_numbers] =
        [0, 1, 2].map(|kind| asked.iter().map(|identities| identities[kind]).collect::<Vec<_>>());
    let rows = sqlx::query!(
        r#"
        select
            (
                select number from customers
                where tenant_id = $1 and external_id = input.external_id
            ) as external_id,
            (
                select number from customers
                where tenant_id = $1 and email_key = input.email_key
            ) as email,
            (
                select number from customers
                where tenant_id = $1 and phone_number = input.phone_number
            ) as phone_number
        from unnest($2::text[], $3::text[], $4::text[])
            with ordinality as input (external_id, email_key, phone_number, place)
        order by input.place
        "#,
        tenant.0,
        &external_ids as &[Option<&str>],
        &emails as &[Option<&str>],
        &phone_numbers as &[Option<&str>],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| [row.external_id, row.email, row.phone_number]).collect())
}
