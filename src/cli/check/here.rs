//! The customers that are here, whichever way they are asked for.

use async_trait::async_trait;

use crate::domain::{
    compare::{By, Claim, Compared, Listed, Span},
    customer_urn::CustomerUrn,
    feed::Cursor,
};

#[async_trait]
pub trait Here {
    /// Of each claim, whether it is so.
    async fn are_equal(&self, by: By, claims: Vec<Claim>) -> Result<Vec<bool>, Trouble>;

    /// Where the records of a span differ.
    async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> Result<Compared, Trouble>;

    /// Where the change feed is now, and whether older events are still to be placed in it.
    async fn latest(&self) -> Result<Changes, Trouble>;

    /// Customers that changed behind a cursor: some of them, and where it goes on.
    async fn changes(&self, after: Cursor) -> Result<Changes, Trouble>;
}

pub struct Changes {
    pub urns: Vec<CustomerUrn>,
    pub cursor: Cursor,
    pub has_more: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Busy, or it was too much at once. The pause before it may be asked again is over.
    #[error("there is no answer in time: the server or its database is busy, or away")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}
