//! Transactions of one call, as parts of its trace. Those of several calls are in [`super::session`].

use sqlx::{Connection, PgConnection, PgTransaction};

/// Begins a transaction, or a savepoint where one is open already.
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
