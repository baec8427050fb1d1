//! Idempotent requests: equal requests with one key are executed once.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;

use crate::domain::{
    caller::Caller,
    customer_urn::CustomerUrn,
    idempotency::{IdempotencyKey, Operation},
};
use crate::service::{customers::CustomersService, partners::PartnersService, storage_error::StorageError};

/// How long a reply is kept.
pub const RETENTION_HOURS: i32 = 72;

#[async_trait]
pub trait Idempotency: Send + Sync {
    /// Does `work`, unless it was done before under this key: then the reply of that time is returned.
    ///
    /// The writes of the work and its reply are committed together or not at all. A reply that is not kept rolls the
    /// work back.
    async fn perform(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError>;

    /// Removes expired replies in batches, until none is left.
    async fn sweep(&self) -> Result<(), StorageError>;
}

/// A request with a key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    pub operation: Operation,
    pub key: IdempotencyKey,
    /// What makes two requests equal.
    pub content: Content,
}

/// The content of a request. Personal data: `Debug` hides it.
#[derive(Clone)]
pub struct Content(pub String);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(..)")
    }
}

/// Must write through the services it is given: other writes are not part of the transaction. Done again where a
/// transaction was undone.
pub type Work = Arc<dyn Fn(Services) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

#[derive(Clone)]
pub struct Services {
    pub customers: Arc<dyn CustomersService>,
    pub partners: Arc<dyn PartnersService>,
}

/// An answer, and how much of it may be kept.
#[derive(Clone)]
pub struct Reply {
    pub kept: KeptReply,
    pub retention: Retention,
    /// Every customer whose data the request or its answer may hold: erased with each of them.
    pub data_subjects: Vec<CustomerUrn>,
}

/// The part of an answer that a replay repeats, byte for byte.
#[derive(Clone)]
pub struct KeptReply {
    pub status: u16,
    pub content_type: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// A retry is executed again.
    Nothing,
    Reply,
}

/// How the request was answered.
pub enum Performed {
    Executed(Reply),
    Replayed(KeptReply),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    #[error("the first request with this key is still running")]
    InProgress,
    #[error("the key was used with another content")]
    KeyReused,
    /// A customer that the reply is about has been erased.
    #[error("the reply is erased")]
    Erased,
    #[error(transparent)]
    Storage(#[from] StorageError),
}
