//! Where statements run: on any connection of the pool, or inside one transaction that others share.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{PgConnection, PgPool, PgTransaction, Postgres, pool::PoolConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::turns::{Turn, Turns};
use crate::domain::tenant::TenantId;
use crate::service::storage_error::StorageError;

/// The service's way to the database. Inside a transaction everything that is asked of it is one unit, which
/// whoever began it commits.
#[derive(Clone)]
pub enum Session {
    Pool { pool: PgPool, turns: Turns },
    Transaction(SharedTransaction),
}

pub type SharedTransaction = Arc<Mutex<PgTransaction<'static>>>;

impl Session {
    pub fn of(pool: PgPool) -> Self {
        Self::Pool { turns: Turns::of(&pool), pool }
    }

    /// A connection to work on, when it is the tenant's turn. Within a transaction, whose turn that is already,
    /// there is one connection, and it is lent to one at a time.
    pub async fn connection(&self, tenant: TenantId) -> Result<Connection, StorageError> {
        match self {
            Self::Pool { pool, turns } => {
                let turn = turns.take(tenant).await?;
                Ok(Connection::Own { connection: pool.acquire().await?, _turn: turn })
            }
            Self::Transaction(shared) => Ok(Connection::Shared(shared.clone().lock_owned().await)),
        }
    }

    /// A transaction for others to share, and the turn it is worked on in.
    pub async fn begin(
        &self,
        tenant: TenantId,
    ) -> Result<(PgTransaction<'static>, Option<Turn>), StorageError> {
        match self {
            Self::Pool { pool, turns } => {
                let turn = turns.take(tenant).await?;
                Ok((pool.begin().await?, Some(turn)))
            }
            // A unit within a unit is nobody's to commit.
            Self::Transaction(_) => Err(StorageError::Refused),
        }
    }

    /// Whether a failed statement would spoil what went before it.
    pub fn is_transaction(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }
}

/// A connection on loan. It goes back before the turn ends.
pub enum Connection {
    Own { connection: PoolConnection<Postgres>, _turn: Turn },
    Shared(OwnedMutexGuard<PgTransaction<'static>>),
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Own { connection, .. } => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Own { connection, .. } => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}
