//! Where statements run: on any connection of the pool, or inside one transaction that others share.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{PgConnection, PgPool, PgTransaction, Postgres, pool::PoolConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The service's way to the database. Inside a transaction everything that is asked of it is one unit, which
/// whoever began it commits.
#[derive(Clone)]
pub enum Session {
    Pool(PgPool),
    Transaction(SharedTransaction),
}

pub type SharedTransaction = Arc<Mutex<PgTransaction<'static>>>;

impl Session {
    /// A connection to work on. Within a transaction there is one, and it is lent to one at a time.
    pub async fn connection(&self) -> Result<Connection, sqlx::Error> {
        match self {
            Self::Pool(pool) => Ok(Connection::Own(pool.acquire().await?)),
            Self::Transaction(shared) => Ok(Connection::Shared(shared.clone().lock_owned().await)),
        }
    }

    /// Whether a failed statement would spoil what went before it.
    pub fn is_transaction(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }
}

/// A connection on loan.
pub enum Connection {
    Own(PoolConnection<Postgres>),
    Shared(OwnedMutexGuard<PgTransaction<'static>>),
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}
