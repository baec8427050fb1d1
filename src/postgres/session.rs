//! Where statements run: on any connection of the pool, or inside one transaction that others share.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Connection as _, PgConnection, PgTransaction, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::{Instrument, info_span};

use super::{
    pool::{Pool, Pooled},
    turns::{Turn, Turns},
};
use crate::domain::tenant::TenantId;
use crate::service::storage_error::StorageError;

/// The service's way to the database. Inside a transaction everything that is asked of it is one unit, which
/// whoever began it commits.
#[derive(Clone)]
pub enum Session {
    Pool { pool: Pool, turns: Turns },
    Transaction(SharedTransaction),
}

pub type SharedTransaction = Arc<Mutex<Transaction>>;

impl Session {
    pub fn of(pool: Pool) -> Self {
        Self::Pool { turns: Turns::of(&pool), pool }
    }

    /// A connection to work on, when it is the tenant's turn. Within a transaction, whose turn that is already,
    /// there is one connection, and it is lent to one at a time.
    pub async fn connection(&self, tenant: TenantId) -> Result<Connection, StorageError> {
        match self {
            Self::Pool { pool, turns } => {
                let turn = turns.take(tenant).await?;
                Ok(Connection::Own { connection: pool.acquire().await?, turn })
            }
            Self::Transaction(shared) => Ok(Connection::Shared(shared.clone().lock_owned().await)),
        }
    }

    /// A transaction for others to share.
    pub async fn begin(&self, tenant: TenantId) -> Result<Transaction, StorageError> {
        // A unit within a unit is nobody's to commit.
        let Self::Pool { pool, turns } = self else { return Err(StorageError::Refused) };
        let turn = turns.take(tenant).await?;
        let mut connection = pool.acquire().await?;
        PgTransactionManager::begin(&mut connection, None)
            .instrument(info_span!("transaction.begin"))
            .await?;
        Ok(Transaction { connection, turn })
    }

    /// Whether a failed statement would spoil what went before it.
    pub fn is_transaction(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }
}

/// A connection on loan, to be given back with the outcome of the work on it.
pub enum Connection {
    Own { connection: Pooled, turn: Turn },
    Shared(OwnedMutexGuard<Transaction>),
}

impl Connection {
    /// Lends it to the next, unless it may be the connection that failed.
    pub fn give_back_after<T, E: Failure>(self, outcome: Result<T, E>) -> Result<T, E> {
        if let Self::Own { connection, turn } = self {
            if !outcome.as_ref().is_err_and(E::is_of_the_database) {
                connection.give_back();
            }
            drop(turn);
        }
        outcome
    }
}

/// A way for work on a connection to fail.
pub trait Failure {
    /// Whether it says something about the connection, and not about what was asked of it.
    fn is_of_the_database(&self) -> bool;
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

/// A transaction on a connection of its own. Dropped before its end it closes the connection, and so undoes it.
pub struct Transaction {
    connection: Pooled,
    turn: Turn,
}

impl Transaction {
    #[tracing::instrument(name = "transaction.commit", skip_all)]
    pub async fn commit(mut self) -> Result<(), StorageError> {
        PgTransactionManager::commit(&mut self.connection).await?;
        self.end();
        Ok(())
    }

    #[tracing::instrument(name = "transaction.rollback", skip_all)]
    pub async fn rollback(mut self) -> Result<(), StorageError> {
        PgTransactionManager::rollback(&mut self.connection).await?;
        self.end();
        Ok(())
    }

    fn end(self) {
        self.connection.give_back();
        drop(self.turn);
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// A part of the work on a connection that happens as a whole or not at all: a transaction, or a savepoint in one.
#[tracing::instrument(name = "transaction.begin", skip_all)]
pub async fn begin(connection: &mut PgConnection) -> Result<PgTransaction<'_>, sqlx::Error> {
    connection.begin().await
}

#[tracing::instrument(name = "transaction.commit", skip_all)]
pub async fn commit(transaction: PgTransaction<'_>) -> Result<(), sqlx::Error> {
    transaction.commit().await
}

#[tracing::instrument(name = "transaction.rollback", skip_all)]
pub async fn rollback(transaction: PgTransaction<'_>) -> Result<(), sqlx::Error> {
    transaction.rollback().await
}
