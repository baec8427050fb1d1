//! What can be asked for many at a time: one statement, one round trip.

use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::domain::tenant::TenantId;
use crate::postgres::statement::Statement;

/// A question that many can ask in one statement.
pub trait Op: Send + Sync + Sized + 'static {
    type Ask: Send + Sync + 'static;
    type Answer: Send + 'static;
    /// Whether it may be executed twice, because it changes nothing.
    const IS_READ: bool;

    fn tenant(ask: &Self::Ask) -> TenantId;

    /// One answer for each ask, in their order. `None`: the statement has no row for it.
    ///
    /// A statement that fails has done nothing for any of them.
    fn trip(
        connection: &mut PgConnection,
        asks: &[Self::Ask],
    ) -> impl Future<Output = Result<Vec<Option<Self::Answer>>, sqlx::Error>> + Send;

    /// The same for one ask.
    fn ask_alone(
        connection: &mut PgConnection,
        ask: Self::Ask,
    ) -> impl Future<Output = Result<Option<Self::Answer>, sqlx::Error>> + Send {
        async move { Ok(Self::trip(connection, &[ask]).await?.pop().flatten()) }
    }

    /// The statement in its form for the tenants of `asks`, which are bound as `$1`.
    fn query(statement: &Statement, asks: &[Self::Ask]) -> Query<'static, Postgres, PgArguments> {
        statement.query(asks.iter().map(Self::tenant))
    }
}

/// Rows as answers in the order of their asks, by the column `place`.
pub fn by_place<T>(
    asks: usize,
    rows: &[PgRow],
    read: impl Fn(&PgRow) -> Result<Option<T>, sqlx::Error>,
) -> Result<Vec<Option<T>>, sqlx::Error> {
    let mut answers: Vec<Option<T>> = (0..asks).map(|_| None).collect();
    for row in rows {
        let place: i64 = row.try_get("place")?;
        let index = usize::try_from(place - 1).map_err(|error| sqlx::Error::Decode(error.into()))?;
        *answers.get_mut(index).ok_or(sqlx::Error::RowNotFound)? = read(row)?;
    }
    Ok(answers)
}
