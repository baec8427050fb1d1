//! The change feed of a tenant and the export that it continues: every event once, in an order that does not change.

use async_trait::async_trait;

use crate::domain::{
    caller::Caller,
    customer::Customer,
    customer_event::CustomerEvent,
    feed::{Cursor, ExportCursor},
    tenant::TenantId,
};
use crate::service::{news::News, storage_error::StorageError};

#[async_trait]
pub trait FeedService: Send + Sync {
    /// Events in the order of their positions, which are 1, 2, 3, … without gaps. Those of one customer are in the
    /// order of its versions; across customers the order is by time, as far as clocks go.
    ///
    /// Events that were committed before the call and have no position yet get one, unless another call is doing that
    /// or the database is read-only: then they follow later.
    async fn events(&self, caller: &Caller, query: &EventsQuery) -> Result<EventsPage, FeedError>;

    /// Tells from now on when [`Self::events`] may find more.
    fn news(&self, tenant: TenantId) -> News;

    /// The place where the feed is now, before the first customer; or `cursor` itself, where it can go on.
    async fn begin_export(
        &self,
        caller: &Caller,
        cursor: Option<ExportCursor>,
    ) -> Result<ExportCursor, FeedError>;

    /// Living customers with higher numbers than `after`, at most `limit`.
    async fn export_page(&self, caller: &Caller, after: i64, limit: i64) -> Result<ExportPage, StorageError>;

    /// Looks once at the feeds of the tenants that wait for news.
    async fn look(&self);

    /// Removes events that are older than this many days, and raises the place from which the feed is kept.
    ///
    /// Erasures stay for at least 13 months, though the feed no longer shows them.
    async fn sweep(&self, kept_days: i32) -> Result<(), StorageError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventsQuery {
    pub start: Start,
    /// At most; fewer where customers are asked for.
    pub limit: i64,
    /// With each customer as it is now.
    pub with_customers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest event that is kept.
    Oldest,
    /// Behind the newest.
    Latest,
    After(Cursor),
}

#[derive(Clone, Debug)]
pub struct EventsPage {
    pub events: Vec<CustomerEvent>,
    /// Behind the last event of the page.
    pub cursor: Cursor,
    /// Whether there is more now.
    pub has_more: bool,
    /// Events beyond the page that have a position.
    pub behind: i64,
}

#[derive(Clone, Debug)]
pub struct ExportPage {
    /// In the order of their numbers.
    pub customers: Vec<Customer>,
    /// Where the next page begins; `None`: this was the last one.
    pub next: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Events beyond the cursor may be gone, or may be others than the ones it was made with.
    #[error("the feed does not go on from this cursor")]
    CursorExpired,
    #[error(transparent)]
    Storage(#[from] StorageError),
}
