//! One connection that makes trips, and makes itself again after a failure.

use sqlx::PgConnection;
use tokio::time::timeout;

use super::{Miss, Op};
use crate::postgres::{
    connecting,
    deadline::within,
    distribution,
    error::{is_outdated, is_refusal},
    pool::{Pool, Pooled},
};
use crate::service::storage_error::StorageError;

/// How the questions of one trip are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    AcrossTenants,
    /// A statement for several tenants would go to every node: see [`distribution`].
    ByTenant,
}

/// A pool of one, which only its lane uses.
pub struct Lane {
    pool: Pool,
    grouping: Grouping,
}

/// The connection of a lane for its next trip.
pub struct Ready {
    connection: Pooled,
    pub grouping: Grouping,
    /// It has been used before: since then it may have been cut.
    pub was_idle: bool,
}

impl Lane {
    pub fn new(pool: Pool) -> Self {
        Self { pool, grouping: Grouping::AcrossTenants }
    }

    /// A connection that works, as far as can be known.
    pub async fn ready(&mut self) -> Result<Ready, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let was_idle = connection.was_used();
        if !was_idle {
            let prepared = timeout(self.pool.limits().look_up(), prepare(&mut connection)).await;
            self.grouping = prepared.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(connecting::failed)?;
        }
        Ok(Ready { connection, grouping: self.grouping, was_idle })
    }

    /// Asks, and keeps the connection unless it may be what failed.
    pub async fn trip<O: Op>(
        &mut self,
        mut ready: Ready,
        asks: &[O::Ask],
    ) -> Result<Vec<Option<O::Answer>>, Miss> {
        let answers = match within(self.pool.limits().call(), O::trip(&mut ready.connection, asks)).await {
            Ok(Ok(answers)) => Ok(answers),
            // Its connection is closed with what was prepared on it.
            Ok(Err(error)) if is_outdated(&error) => return Err(Miss::Alone),
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
        ready.connection.give_back();
    }

    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// Of a new connection.
async fn prepare(connection: &mut PgConnection) -> Result<Grouping, sqlx::Error> {
    if distribution::is_by_tenant(connection).await? {
        // A generic plan is one that Citus cannot make.
        return Ok(Grouping::ByTenant);
    }
    // The plan for any values is the right one, and making one for these values costs more than the statement.
    sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(connection).await?;
    Ok(Grouping::AcrossTenants)
}
