//! Replies to requests with an `Idempotency-Key`, as rows.
//!
//! - [`record`]: one of them, in the transaction of its request;
//! - [`together`]: many of them, in the transaction of a trip;
//! - [`slot`]: how a request takes part in such a trip.

mod fingerprint;
mod record;
mod slot;
mod together;

pub use self::{fingerprint::FingerprintSecrets, record::RecordId, slot::Slot, together::Keyed};

/// Every statement that is made from a list of columns.
pub fn statements() -> Vec<&'static str> {
    [&together::KNOWN, &together::KEEP].into_iter().flat_map(|statement| statement.forms()).collect()
}
