//! A server of its own for every test, and clients that speak to it.

pub mod bodies;
pub mod c2a;
pub mod caller;
pub mod canaries;
mod client;
pub mod clock;
pub mod compare;
pub mod customers;
pub mod database;
mod document;
pub mod eventually;
pub mod held;
pub mod hostile;
pub mod keys;
pub mod logged_database;
pub mod parallel;
pub mod partners;
pub mod pool_limits;
pub mod proxy;
mod raw;
pub mod server;
pub mod skipped;
pub mod tokens;

pub use client::{Client, Reply, ndjson};
pub use document::{C2A, Document, Operation, PARTNER, UUID};
pub use server::Server;
