//! Acting once for any number of equal requests.

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
    /// Does `work` unless it was done before under this key, and then gives the reply it had.
    ///
    /// What the work writes and the reply are committed together, or not at all: a reply that is not to be
    /// kept takes the work back.
    async fn perform(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError>;

    /// Removes expired replies, a bounded number at a time. Returns when none is left.
    async fn sweep(&self) -> Result<(), StorageError>;
}

/// A request with a key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    pub operation: Operation,
    pub key: IdempotencyKey,
    /// What was asked, in a form in which equal requests are equal.
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

/// What is to be done, with the services to do it with: what goes past them is not part of the unit.
pub type Work = Box<dyn FnOnce(Services) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send>;

#[derive(Clone)]
pub struct Services {
    pub customers: Arc<dyn CustomersService>,
    pub partners: Arc<dyn PartnersService>,
}

/// An answer, and what may be kept of it.
#[derive(Clone)]
pub struct Reply {
    pub kept: KeptReply,
    pub keep: Keep,
    /// Whose data it is: erased with the customer.
    pub about: Option<CustomerUrn>,
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
pub enum Keep {
    /// A retry acts again.
    Nothing,
    Reply,
    /// Nothing of the request may stay, not even a fingerprint: an erasure names whom it erased.
    ReplyWithoutContent,
}

/// How the request was answered.
pub enum Performed {
    Now(Reply),
    Before(KeptReply),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    #[error("the first request with this key is still running")]
    InProgress,
    #[error("the key was used with another content")]
    KeyReused,
    /// The customer the first request was about is erased.
    #[error("the reply is erased")]
    Erased,
    #[error(transparent)]
    Storage(#[from] StorageError),
}
