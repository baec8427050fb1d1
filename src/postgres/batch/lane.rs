//! One connection that makes trips, and makes itself again after a failure.

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::time::{Instant, timeout};

use super::{Miss, Op};
use crate::postgres::{connect::PoolLimits, connecting, deadline::within, error::is_refusal, idle::Idle};
use crate::service::storage_error::StorageError;

/// How the questions of one trip are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    AcrossTenants,
    /// `customers` is distributed by tenant: a statement for several tenants would go to every node.
    ByTenant,
}

/// How a lane connects.
#[derive(Clone)]
pub struct LaneSettings {
    pub options: PgConnectOptions,
    /// Of the session.
    pub limits: PoolLimits,
}

pub struct Lane {
    settings: LaneSettings,
    idle: Option<Idle>,
    grouping: Grouping,
}

/// The connection of a lane for its next trip.
pub struct Ready {
    connection: PgConnection,
    connected_at: Instant,
    pub grouping: Grouping,
    /// It has been used before: since then it may have been cut.
    pub was_idle: bool,
}

impl Lane {
    pub fn new(settings: LaneSettings) -> Self {
        Self { settings, idle: None, grouping: Grouping::AcrossTenants }
    }

    /// A connection that works, as far as can be known.
    pub async fn ready(&mut self) -> Result<Ready, sqlx::Error> {
        let idle = self.idle.take();
        let alive = async { idle?.if_alive().await };
        if let Some((connection, connected_at)) = alive.await {
            return Ok(Ready { connection, connected_at, grouping: self.grouping, was_idle: true });
        }
        let connect = timeout(self.settings.limits.acquire_timeout, connect(&self.settings));
        let (connection, grouping) =
            connect.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(connecting::failed)?;
        self.grouping = grouping;
        Ok(Ready { connection, connected_at: Instant::now(), grouping, was_idle: false })
    }

    /// Asks, and keeps the connection unless it may be what failed.
    pub async fn trip<O: Op>(
        &mut self,
        mut ready: Ready,
        asks: &[O::Ask],
    ) -> Result<Vec<Option<O::Answer>>, Miss> {
        let answers = match within(self.settings.limits.call(), O::trip(&mut ready.connection, asks)).await {
            Ok(Ok(answers)) => Ok(answers),
            Ok(Err(error)) if is_refusal(&error) => Err(Miss::Alone),
            Ok(Err(error)) => {
                // Counted and logged here, for all.
                let _: StorageError = error.into();
                return Err(Miss::Unknown);
            }
            Err(_) => return Err(Miss::Unknown),
        };
        self.put_back(ready);
        answers
    }

    pub fn put_back(&mut self, ready: Ready) {
        self.idle = Idle::new(ready.connection, ready.connected_at);
    }

    pub async fn close(self) {
        if let Some(idle) = self.idle {
            idle.close().await;
        }
    }
}

async fn connect(settings: &LaneSettings) -> Result<(PgConnection, Grouping), sqlx::Error> {
    let mut connection = settings.limits.connect(&settings.options).await?;
    let grouping = grouping(&mut connection).await?;
    if grouping == Grouping::AcrossTenants {
        // The plan for any values is the right one, and making one for these values costs more than the statement.
        sqlx::query("set plan_cache_mode = force_generic_plan").execute(&mut connection).await?;
    }
    Ok((connection, grouping))
}

/// Citus has a table of distributed tables.
async fn grouping(connection: &mut PgConnection) -> Result<Grouping, sqlx::Error> {
    let has_citus: bool =
        sqlx::query_scalar("select to_regclass('pg_catalog.pg_dist_partition') is not null")
            .fetch_one(&mut *connection)
            .await?;
    if !has_citus {
        return Ok(Grouping::AcrossTenants);
    }
    let is_distributed: bool = sqlx::query_scalar(
        "select exists (
            select from pg_catalog.pg_dist_partition
            where logicalrelid = 'customers'::regclass and partmethod = 'h'
        )",
    )
    .fetch_one(connection)
    .await?;
    Ok(if is_distributed { Grouping::ByTenant } else { Grouping::AcrossTenants })
}
