//! Readiness: whether this server can answer requests now.

use async_trait::async_trait;

#[async_trait]
pub trait Health: Send + Sync {
    /// Ready: the database answers and takes writes, has every migration this program was built with, lets its user do
    /// what a server does, and keeps what it commits.
    async fn check(&self) -> Result<(), NotReady>;
}

/// What keeps the server from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("the database does not answer")]
    Database,
    #[error("the database lacks migrations of this program")]
    Migrations,
    #[error("the database's user lacks a privilege; see `azotte-customers doctor`")]
    Privileges,
    #[error("the database takes no writes: it is a standby, or read-only")]
    ReadOnly,
    #[error("sessions lose their time limits: is there a pooler that shares them among transactions?")]
    Limits,
    #[error("the database does not commit: does it wait for a standby, or for its storage?")]
    Commit,
    #[error("the server is about to stop")]
    Stopping,
    #[error("a crash of the database may lose what it acknowledged; see `azotte-customers doctor`")]
    Unsafe,
}
