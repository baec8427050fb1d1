//! How much of a page fits into an answer of bounded size, before any of it is read.

use sqlx::PgConnection;
use uuid::Uuid;

/// Of an answer, as it will be written; about, because escapes in texts are not counted one by one.
const MAX_BYTES: i64 = 1024 * 1024;

/// How many of the customers, from the first; at least one.
///
/// The constants are the names of the properties and what they hold that is no text. JSON in a string grows by its
/// quotes, for which a quarter is added.
#[tracing::instrument(name = "partner.size", skip_all)]
pub(super) async fn fitting(
    connection: &mut PgConnection,
    tenant: Uuid,
    numbers: &[i64],
) -> Result<usize, sqlx::Error> {
    if numbers.is_empty() {
        return Ok(0);
    }
    let count = sqlx::query_scalar!(
        r#"
        select count(*) filter (where before < $3::bigint) as "count!"
        from (
            select sum(bytes) over (order by customer_number) - bytes as before
            from (
                select
                    partner_customers.customer_number,
                    450
                    + octet_length(concat(
                        middle_name, internal_identifier, email_as_text, phone_as_text, email, phone_number,
                        first_name, last_name, corporation_info ->> 'companyName', corporation_info ->> 'taxNumber',
                        billing_address ->> 'street', billing_address ->> 'street2', billing_address ->> 'city',
                        billing_address ->> 'state', billing_address ->> 'postalCode'
                    ))
                    + (
                        select coalesce(sum(80 + coalesce(octet_length(name), 0)), 0)
                        from customer_associations
                        where customer_associations.tenant_id = $1
                          and customer_associations.customer_number = partner_customers.customer_number
                    )
                    + (
                        select coalesce(
                            sum(
                                290
                                + coalesce(octet_length(data), 0) * 5 / 4
                                + coalesce(octet_length(provider_customer_id), 0)
                                + octet_length(offer_type_margins::text) * 3 / 2
                            ),
                            0
                        )
                        from provider_customers
                        where provider_customers.tenant_id = $1
                          and provider_customers.customer_number = partner_customers.customer_number
                    ) as bytes
                from partner_customers
                join customers
                  on customers.tenant_id = partner_customers.tenant_id
                 and customers.number = partner_customers.customer_number
                where partner_customers.tenant_id = $1
                  and partner_customers.customer_number = any($2)
            ) as sized
        ) as running
        "#,
        tenant,
        numbers,
        MAX_BYTES,
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
