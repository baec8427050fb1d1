//! The drift check: is a tenant's own list of its customers the one that is here?

use async_trait::async_trait;

use crate::domain::{
    caller::Caller,
    compare::{By, Compared, Listed, RangeHere, Span},
};
use crate::service::storage_error::StorageError;

/// Sees customers that are not erased, and of each span at most the first [`Span::MAX_ROWS`].
#[async_trait]
pub trait CompareService: Send + Sync {
    /// Count and digest of each span, in their order, all of one moment.
    async fn ranges(&self, caller: &Caller, by: By, spans: Vec<Span>)
    -> Result<Vec<RangeHere>, StorageError>;

    /// Where `listed`, which are external ids of the span, each once, differ from its customers.
    ///
    /// Changes beyond the cursor of the answer may be in it or not.
    async fn items(
        &self,
        caller: &Caller,
        by: By,
        span: Span,
        listed: Vec<Listed>,
    ) -> Result<Compared, StorageError>;
}
