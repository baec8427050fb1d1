//! Count and digest of spans.

use sqlx::PgConnection;

use super::end;
use crate::domain::{
    compare::{By, RangeHere, Span},
    digest::{Digest, Tally},
    tenant::TenantId,
};

struct Counted {
    count: i64,
    bits: String,
    cut_at: Option<String>,
}

/// One statement for all spans. Each is read in the order of the index, and no further than [`Span::MAX_ROWS`].
#[tracing::instrument(name = "compare.ranges", skip_all)]
pub(super) async fn ranges(
    connection: &mut PgConnection,
    tenant: TenantId,
    by: By,
    spans: &[Span],
) -> Result<Vec<RangeHere>, sqlx::Error> {
    let after: Vec<&str> = spans.iter().map(|span| span.after.as_str()).collect();
    let up_to: Vec<String> = spans.iter().map(end).collect();
    let counted = sqlx::query_as!(
        Counted,
        r#"
        select
            counted.count as "count!",
            counted.bits as "bits!",
            case
                when counted.count = $5 and exists (
                    select
                    from customers
                    where tenant_id = $1
                      and external_id > counted.last
                      and external_id <= span.up_to
                )
                then counted.last
            end as cut_at
        from unnest($2::text[], $3::text[]) with ordinality as span (after, up_to, place)
        cross join lateral (
            select
                count(*) as count,
                max(customer.external_id) as last,
                coalesce(
                    bit_xor(
                        ('x' || encode(substr(sha256(convert_to(
                            customer.external_id || E'\n' || coalesce(customer.number::text, ''), 'UTF8'
                        )), 1, 16), 'hex'))::bit(128)
                    ),
                    0::bit(128)
                )::text as bits
            from (
                select
                    external_id,
                    case $4::text when 'version' then version when 'sourceVersion' then source_version end as number
                from customers
                where tenant_id = $1
                  and external_id > span.after
                  and external_id <= span.up_to
                order by external_id
                limit $5
            ) as customer
        ) as counted
        order by span.place
        "#,
        tenant.0,
        &after as _,
        &up_to,
        by.as_str(),
        Span::MAX_ROWS,
    )
    .fetch_all(connection)
    .await?;
    counted.into_iter().map(Counted::into_range).collect()
}

impl Counted {
    fn into_range(self) -> Result<RangeHere, sqlx::Error> {
        let Self { count, bits, cut_at } = self;
        let digest = Digest::from_bits(&bits).ok_or_else(|| sqlx::Error::Decode("no bits".into()))?;
        Ok(RangeHere { tally: Tally { count, digest }, cut_at })
    }
}
