//! The API over HTTP, against real PostgreSQL: one database a test, one binary for all.

mod support;

mod c2a;
mod cancellation;
mod constraints;
mod erasure;
mod isolation;
mod key_cache;
mod keys;
mod properties;
mod races;
mod strangers;
mod correlation;
mod envelopes;
mod failures;
mod request_bodies;
mod secrecy;
