//! The one statement of an update: the row, where it is still at the version that was read, and its event.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::ProfileColumns;
use crate::domain::{
    attribute::Attribute,
    caller::Caller,
    customer::{Customer, Profile},
};

pub(super) struct Written {
    version: i64,
    updated_at: DateTime<Utc>,
}

impl Written {
    pub fn into_customer(self, before: Customer, after: Profile) -> Customer {
        Customer { version: self.version, updated_at: self.updated_at, profile: after, ..before }
    }
}

/// `None`: the row is no longer at the version that was read.
#[tracing::instrument(name = "customers.update", skip_all)]
pub(super) async fn write(
    connection: &mut PgConnection,
    caller: &Caller,
    before: &Customer,
    after: &Profile,
    changed: &[Attribute],
) -> Result<Option<Written>, sqlx::Error> {
    let ProfileColumns {
        external_id,
        email,
        email_key,
        phone_number,
        salutation,
        first_name,
        last_name,
        gender,
        legal_type,
        billing_address,
        corporation_info,
        privacy,
        country_code,
        language_code,
        status,
    } = ProfileColumns::from(after);
    let changed: Vec<String> = changed.iter().map(Attribute::to_string).collect();
    sqlx::query_as!(
        Written,
        r#"
        with changed as (
            update customers
            set external_id = $4,
                email = $5,
                email_key = $6,
                phone_number = $7,
                salutation = $8,
                first_name = $9,
                last_name = $10,
                gender = $11,
                legal_type = $12,
                billing_address = $13,
                corporation_info = $14::text::json,
                privacy = $15::text::json,
                country_code = $16,
                language_code = $17,
                status = $18,
                version = version + 1,
                updated_at = now()
            where tenant_id = $1
              and number = $2
              and version = $3
              and erased_at is null
            returning tenant_id, number, version, updated_at
        ),
        event as (
            insert into customer_events (
                tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields
            )
            select tenant_id, $19, number, version, 'updated', $20, $21, $22
            from changed
        )
        select version, updated_at
        from changed
        "#,
        caller.tenant_id().0,
        before.urn.stored_number(),
        before.version,
        external_id,
        email,
        email_key,
        phone_number,
        salutation,
        first_name,
        last_name,
        gender,
        legal_type,
        billing_address as _,
        corporation_info,
        privacy,
        country_code,
        language_code,
        status,
        Uuid::now_v7(),
        caller.actor.to_string(),
        caller.correlation_id.0,
        &changed,
    )
    .fetch_optional(connection)
    .await
}
