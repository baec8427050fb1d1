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
    async fn are_equal(&self, by: By, claims: Vec<Claim>) -> anyhow::Result<Vec<bool>>;

    /// Where the records of a span differ.
    async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> anyhow::Result<Compared>;

    /// Where the change feed is now.
    async fn latest(&self) -> anyhow::Result<Cursor>;

    /// Customers that changed behind a cursor: some of them, and where it goes on.
    async fn changes(&self, after: Cursor) -> anyhow::Result<Changes>;
}

pub struct Changes {
    pub urns: Vec<CustomerUrn>,
    pub cursor: Cursor,
    pub has_more: bool,
}
