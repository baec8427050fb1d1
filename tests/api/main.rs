//! The API over HTTP, against real PostgreSQL: one database a test, one binary for all.

mod support;

mod c2a;
mod cancellation;
mod constraints;
mod correlation;
mod envelopes;
mod erasure;
mod failures;
mod idempotency;
mod faults;
mod interference;
mod isolation;
mod key_cache;
mod keys;
mod partner;
mod faults;
mod least_privilege;
mod outages;
mod properties;
mod races;
mod request_bodies;
mod secrecy;
mod strangers;
mod tokens;
mod versions;
mod unguarded_pool;
