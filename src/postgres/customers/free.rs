//! Empties e-mail addresses and phone numbers that are handed on within a transaction.
//!
//! A unique index is looked at with each row, not at the end of a statement: of two customers that swap their addresses,
//! each would meet the other's. So both are emptied before both are set.

use sqlx::PgConnection;

use crate::domain::tenant::TenantId;

/// A customer that gives something up, at the version that was read.
pub(super) struct Giver {
    pub number: i64,
    pub version: i64,
    pub email: bool,
    pub phone_number: bool,
}

/// Without event and version: those come with what is set afterwards. `false`: some row is no longer as it was read.
#[tracing::instrument(name = "customers.free", skip_all)]
pub(super) async fn free(
    connection: &mut PgConnection,
    tenant: TenantId,
    givers: &[Giver],
) -> Result<bool, sqlx::Error> {
    let numbers: Vec<_> = givers.iter().map(|giver| giver.number).collect();
    let versions: Vec<_> = givers.iter().map(|giver| giver.version).collect();
    let emails: Vec<_> = givers.iter().map(|giver| giver.email).collect();
    let phone_numbers: Vec<_> = givers.iter().map(|giver| giver.phone_number).collect();
    let freed = sqlx::query!(
        r#"
        update customers
        set email = case when input.email then null else customers.email end,
            email_key = case when input.email then null else customers.email_key end,
            phone_number = case when input.phone_number then null else customers.phone_number end
        from unnest($2::bigint[], $3::bigint[], $4::bool[], $5::bool[])
            as input (number, version, email, phone_number)
        where customers.tenant_id = $1
          and customers.number = input.number
          and customers.version = input.version
          and customers.erased_at is null
        "#,
        tenant.0,
        &numbers,
        &versions,
        &emails,
        &phone_numbers,
    )
    .execute(connection)
    .await?;
    Ok(usize::try_from(freed.rows_affected()) == Ok(givers.len()))
}
