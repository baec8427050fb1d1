//! Gives positions to the events of one tenant that have none yet.
//!
//! Lock, then look: the second statement has a snapshot that shows everything earlier holders of the lock committed.
//! In one statement, with the position taken from the locking read, two readers would leave holes and use numbers
//! twice. See `docs/decisions/0020-positions-are-given-by-readers.md`.

use sqlx::PgConnection;

use crate::domain::tenant::TenantId;
use crate::postgres::transaction::{begin, commit, rollback};

/// Events placed in one transaction, which is some 50 ms.
pub const BATCH: i64 = 1000;

/// How much further a batch reaches whose events all have to wait for later ones.
const FURTHER: i64 = 10;

/// Places the `batch` oldest of the events that wait; `None`: another connection is placing.
///
/// Positions are dense, and those of one customer follow its versions. Across customers they follow `occurred_at`, as
/// far as the clock of the database does.
#[tracing::instrument(name = "feed.place", skip_all)]
pub async fn place(
    connection: &mut PgConnection,
    tenant: TenantId,
    batch: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let mut transaction = begin(connection).await?;
    let placed = match lock(&mut transaction, tenant).await {
        Ok(Some(position)) => place_locked(&mut transaction, tenant, position, batch).await.map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    match placed {
        Ok(Some(1..)) => commit(transaction).await?,
        Ok(_) | Err(_) => rollback(transaction).await?,
    }
    placed
}

/// Whose turn it is. Nobody waits: if another one is placing, there is nothing to do here.
async fn lock(connection: &mut PgConnection, tenant: TenantId) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select position
        from customer_feeds
        where tenant_id = $1
        for update skip locked
        "#,
        tenant.0,
    )
    .fetch_optional(connection)
    .await
}

/// A batch of nothing but events that come too early is tried with more: after the clock of the database was set
/// back, their earlier versions can be further away than one batch.
async fn place_locked(
    connection: &mut PgConnection,
    tenant: TenantId,
    position: i64,
    batch: i64,
) -> Result<i64, sqlx::Error> {
    let mut batch = batch;
    loop {
        let Batch { due, placed } = place_batch(connection, tenant, position, batch).await?;
        if placed > 0 || due < batch {
            return Ok(placed);
        }
        batch = batch.saturating_mul(FURTHER);
    }
}

struct Batch {
    /// Events that were looked at.
    due: i64,
    placed: i64,
}

/// `turn` puts no version before an earlier one of its customer, whatever the clocks said. Where an earlier version
/// waits beyond the batch, the later ones stay for another.
///
/// That an earlier version waits is no condition of its look-up: by the index of those that wait it would read all of
/// them for each event, where the planner takes them for few.
async fn place_batch(
    connection: &mut PgConnection,
    tenant: TenantId,
    position: i64,
    batch: i64,
) -> Result<Batch, sqlx::Error> {
    sqlx::query_as!(
        Batch,
        r#"
        with due as materialized (
            select
                id, customer_number, version, occurred_at,
                row_number() over (order by occurred_at, id) as place
            from (
                select id, customer_number, version, occurred_at
                from customer_events
                where tenant_id = $1
                  and position is null
                order by occurred_at, id
                limit $2
            ) as waiting
        ),
        edge as materialized (
            select occurred_at, id
            from due
            order by place desc
            limit 1
        ),
        ranked as (
            select
                due.id,
                due.version,
                coalesce(bool_or(earlier.waits) over changes, false) as too_early,
                max(due.place) over changes as turn
            from due
            left join lateral (
                select
                    earlier.position is null
                    and (earlier.occurred_at, earlier.id) > (select occurred_at, id from edge) as waits
                from customer_events as earlier
                where earlier.tenant_id = $1
                  and earlier.customer_number = due.customer_number
                  and earlier.version = due.version - 1
                limit 1
            ) as earlier on true
            window changes as (partition by due.customer_number order by due.version)
        ),
        fresh as materialized (
            select id, row_number() over (order by turn, version) as n
            from ranked
            where not too_early
        ),
        moved as (
            update customer_feeds
            set position = position + (select count(*) from fresh)
            where tenant_id = $1
              and position = $3
              and exists (select from fresh)
            returning $3 as base
        ),
        placed as (
            update customer_events
            set position = moved.base + fresh.n
            from moved, fresh
            where customer_events.tenant_id = $1
              and customer_events.id = fresh.id
            returning 1
        )
        select
            (select count(*) from due) as "due!",
            (select count(*) from placed) as "placed!"
        "#,
        tenant.0,
        batch,
        position,
    )
    .fetch_one(connection)
    .await
}
