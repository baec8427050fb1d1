//! The drift check in PostgreSQL: spans are read along the unique index of external ids.

mod items;
mod ranges;

use async_trait::async_trait;
use sqlx::PgConnection;

use super::{customers::PgCustomers, feed, session::Session};
use crate::domain::{
    caller::Caller,
    compare::{By, Compared, Differences, Listed, RangeHere, Span},
    customer_urn::Cell,
};
use crate::service::{compare::CompareService, news::NewsBoard, storage_error::StorageError};
use crate::telemetry::metrics;

#[derive(Clone)]
pub struct PgCompare {
    session: Session,
    cell: Cell,
    news: NewsBoard,
}

impl PgCompare {
    /// Of the customers that `customers` has, whose changes are announced to `news`.
    pub fn new(customers: &PgCustomers, news: NewsBoard) -> Self {
        Self { session: customers.session().clone(), cell: customers.numbering().cell, news }
    }
}

/// A span may take long. What was begun runs to its end with the tenant's permit, or clients that hang up could have
/// any number of them in the database.
#[async_trait]
impl CompareService for PgCompare {
    async fn ranges(
        &self,
        caller: &Caller,
        by: By,
        spans: Vec<Span>,
    ) -> Result<Vec<RangeHere>, StorageError> {
        let (this, tenant) = (self.clone(), caller.tenant_id());
        let counted = self.session.detached(async move {
            let work = async |connection: &mut PgConnection| {
                Ok(ranges::ranges(connection, tenant, by, &spans).await?)
            };
            this.session.run::<_, StorageError>(tenant, work).await
        });
        let ranges = counted.await?;
        metrics::compared(ranges.iter().map(|range| range.tally.count.unsigned_abs()).sum());
        Ok(ranges)
    }

    async fn items(
        &self,
        caller: &Caller,
        by: By,
        span: Span,
        listed: Vec<Listed>,
    ) -> Result<Compared, StorageError> {
        let (this, tenant) = (self.clone(), caller.tenant_id());
        let read = self.session.detached(async move {
            let work = async |connection: &mut PgConnection| {
                // Events that wait for a position happened before: they must not look like later changes.
                let head = feed::latest(connection, &this.news, tenant).await?;
                let rows = items::items(connection, tenant, this.cell, by, &span).await?;
                Ok((head.cursor(), rows))
            };
            this.session.run::<_, StorageError>(tenant, work).await
        });
        let (cursor, items::Rows { found, cut_at }) = read.await?;
        metrics::compared(found.len() as u64);
        let mut listed = listed;
        listed.retain(|listed| cut_at.as_ref().is_none_or(|last| listed.external_id <= *last));
        Ok(Compared { differences: Differences::between(listed, found), cut_at, cursor })
    }
}

/// The end of a span without one: behind every external id, which have at most 255 characters.
fn end(span: &Span) -> String {
    span.up_to.clone().unwrap_or_else(|| "\u{10ffff}".repeat(256))
}
