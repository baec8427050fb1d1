//! How many customers there are, exactly, without counting all of them for each page.
//!
//! A customer's row is never removed and its number is of its time. So customers older than a minute are counted once,
//! remembered, and only the newer ones are counted for each page; in the same way those that were erased. The minute
//! is for transactions that have yet to commit and for clocks that differ.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::{Filter, select_filtered};
use crate::domain::customer_urn::CustomerNumber;

const UNSETTLED: Duration = Duration::from_secs(60);
/// Rows in one statement, which so ends well within its limit. What it counted is remembered.
const CHUNK: i64 = 1_000_000;
/// The same of erased customers, for each of which another row is looked up.
const ERASED_CHUNK: i64 = 20_000;
/// Tenants and resellers that are remembered.
const REMEMBERED: u64 = 10_000;
/// Counted afresh after that, in case a clock was more than a minute wrong.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// What has been counted, by tenant and reseller. Takes no memory until it is used.
#[derive(Clone, Default)]
pub(in crate::postgres) struct Totals(Arc<OnceLock<Cache<Key, Counted>>>);

type Key = (Uuid, Option<Uuid>);

#[derive(Clone, Copy, Default)]
struct Counted {
    /// Customers up to this number, erased ones too.
    customers: i64,
    last_number: i64,
    erased: Erased,
}

/// Customers erased up to one of them.
#[derive(Clone, Copy, Default)]
struct Erased {
    count: i64,
    last_time: DateTime<Utc>,
    last_number: i64,
}

impl Totals {
    /// All the customers of the filter: the living, and the erased ones where `include_deleted`.
    #[tracing::instrument(name = "partner.count", skip_all)]
    pub(super) async fn count(
        &self,
        connection: &mut PgConnection,
        filter: &Filter,
        include_deleted: bool,
    ) -> Result<i64, sqlx::Error> {
        let key = (filter.tenant, filter.reseller);
        let cache =
            self.0.get_or_init(|| Cache::builder().max_capacity(REMEMBERED).time_to_live(MAX_AGE).build());
        let mut counted = cache.get(&key).await.unwrap_or_default();
        let settled = settled_number();
        let total = loop {
            let chunk = customers(&mut *connection, filter, counted.last_number, settled).await?;
            counted.customers += chunk.settled;
            counted.last_number = chunk.last_number.unwrap_or(counted.last_number);
            cache.insert(key, counted).await;
            if chunk.all < CHUNK {
                break counted.customers + chunk.all - chunk.settled;
            }
        };
        if include_deleted {
            return Ok(total);
        }
        loop {
            let chunk = erased(&mut *connection, filter, counted.erased).await?;
            counted.erased.count += chunk.settled;
            if let (Some(time), Some(number)) = (chunk.last_time, chunk.last_number) {
                counted.erased = Erased { last_time: time, last_number: number, ..counted.erased };
            }
            cache.insert(key, counted).await;
            if chunk.looked_at < ERASED_CHUNK {
                return Ok(total - counted.erased.count - chunk.newer);
            }
        }
    }
}

/// No customer with a smaller number is still to come.
fn settled_number() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let settled = now.saturating_sub(UNSETTLED).as_millis();
    CustomerNumber::next(i64::try_from(settled).unwrap_or_default(), 0).get()
}

struct Customers {
    all: i64,
    settled: i64,
    last_number: Option<i64>,
}

async fn customers(
    connection: &mut PgConnection,
    filter: &Filter,
    after: i64,
    settled: i64,
) -> Result<Customers, sqlx::Error> {
    select_filtered!(
        filter,
        connection,
        fetch_one,
        query_as as Customers,
        r#"
        select
            count(*) as "all!",
            count(*) filter (where customer_number <= $3) as "settled!",
            max(customer_number) filter (where customer_number <= $3) as last_number
        from (
            select customer_number
            from partner_customers
            where tenant_id = $1
              and customer_number > $2"#,
        r#"
              and reseller_id = $5"#,
        r#"
            order by customer_number
            limit $4
        ) as newer
        "#,
        after,
        settled,
        CHUNK
    )
}

struct ErasedChunk {
    /// Older than a minute, whoever's.
    looked_at: i64,
    /// The filter's among them.
    settled: i64,
    /// The filter's that are not older.
    newer: i64,
    last_time: Option<DateTime<Utc>>,
    last_number: Option<i64>,
}

async fn erased(
    connection: &mut PgConnection,
    filter: &Filter,
    after: Erased,
) -> Result<ErasedChunk, sqlx::Error> {
    sqlx::query_as!(
        ErasedChunk,
        r#"
        with settled as (
            select erased_at, number, (
                select $4::uuid is null or reseller_id is not distinct from $4
                from partner_customers
                where tenant_id = $1
                  and customer_number = number
            ) as is_listed
            from customers
            where tenant_id = $1
              and (erased_at, number) > ($2, $3)
              and erased_at <= now() - interval '1 minute'
            order by erased_at, number
            limit $5
        ),
        newer as (
            select (
                select $4::uuid is null or reseller_id is not distinct from $4
                from partner_customers
                where tenant_id = $1
                  and customer_number = number
            ) as is_listed
            from customers
            where tenant_id = $1
              and erased_at > now() - interval '1 minute'
        ),
        last as (
            select erased_at, number
            from settled
            order by erased_at desc, number desc
            limit 1
        )
        select
            (select count(*) from settled) as "looked_at!",
            (select count(*) from settled where is_listed) as "settled!",
            (select count(*) from newer where is_listed) as "newer!",
            (select erased_at from last) as last_time,
            (select number from last) as last_number
        "#,
        filter.tenant,
        after.last_time,
        after.last_number,
        filter.reseller,
        ERASED_CHUNK,
    )
    .fetch_one(connection)
    .await
}
