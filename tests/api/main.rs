//! The API over HTTP, against real PostgreSQL: one database a test, one binary for all.

mod support;

mod c2a;
mod cancellation;
mod clock;
mod connections;
mod constraints;
mod correlation;
mod direct_calls;
mod docs;
mod documented_fields;
mod envelopes;
mod erasure;
mod failures;
mod faults;
mod idempotency;
mod interference;
mod isolation;
mod key_cache;
mod keys;
mod least_privilege;
mod limits;
mod metrics;
mod openapi;
mod outages;
mod partner;
mod pool;
mod properties;
mod races;
mod refusals;
mod request_bodies;
mod secrecy;
mod strangers;
mod tokens;
mod unguarded_pool;
mod versions;
