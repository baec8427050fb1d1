//! Which failures an operation can answer, in groups that operations share.
//!
//! An operation lists its groups as a tuple, `FailureResponses<(Always, ReadsBody)>`. `FailureResponses` and the groups
//! that show field names are the surface's own.

use crate::http::failure::Failure;

/// Failures that are documented together.
pub trait Failures {
    fn failures() -> Vec<Failure>;
}

/// An operation that reads a body.
pub struct ReadsBody;
/// One for a customer that must be there.
pub struct FindsCustomer;
/// One that acts once for an `Idempotency-Key`.
pub struct ActsOnce;
/// One that may be meant for a certain version.
pub struct ExpectsVersion;

impl Failures for ReadsBody {
    fn failures() -> Vec<Failure> {
        vec![
            Failure::Malformed,
            Failure::RequestTimeout,
            Failure::PayloadTooLarge,
            Failure::UnsupportedMediaType,
        ]
    }
}

impl Failures for FindsCustomer {
    fn failures() -> Vec<Failure> {
        vec![Failure::CustomerNotFound]
    }
}

impl Failures for ActsOnce {
    fn failures() -> Vec<Failure> {
        vec![Failure::IdempotencyInProgress, Failure::IdempotencyKeyReused]
    }
}

impl Failures for ExpectsVersion {
    fn failures() -> Vec<Failure> {
        vec![Failure::VersionMismatch { current: 4 }]
    }
}

macro_rules! tuples {
    ($(($($group:ident),+)),+) => {$(
        impl<$($group: Failures),+> Failures for ($($group,)+) {
            fn failures() -> Vec<Failure> {
                [$($group::failures()),+].concat()
            }
        }
    )+};
}

tuples!(
    (A, B),
    (A, B, C),
    (A, B, C, D),
    (A, B, C, D, E),
    (A, B, C, D, E, F),
    (A, B, C, D, E, F, G),
    (A, B, C, D, E, F, G, H)
);
