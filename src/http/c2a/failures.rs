//! The failures that the C2A document shows: as responses, and the groups whose examples name fields of this surface.

use std::{collections::BTreeMap, marker::PhantomData};

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{RefOr, Response},
};

use super::{
    envelope::CONTENT_TYPE,
    error::{FailureEnvelope, documented},
};
use crate::domain::{
    customer_urn::CustomerUrn,
    field_error::{FieldError, FieldErrors},
    problem::Problem,
};
use crate::http::{
    failure::Failure,
    openapi::{failures::Failures, responses},
};
use crate::service::customers::{Conflict, Identity, TakenIdentity};

/// The responses of `T`: one group, or several in a tuple.
pub struct FailureResponses<T>(PhantomData<T>);

impl<T: Failures> IntoResponses for FailureResponses<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses::responses::<T>(documented, CONTENT_TYPE, &FailureEnvelope::name())
    }
}

/// What every operation can answer.
pub struct Always;
/// An operation whose body names a customer and no more.
pub struct ReadsIdentifier;
/// One whose body holds a customer.
pub struct ReadsCustomer;
/// One that reads a query.
pub struct ReadsQuery;
/// One that takes a cursor.
pub struct ReadsCursor;
/// One that compares ranges of customers.
pub struct ReadsRanges;
/// One whose body is lines.
pub struct ReadsLines;
/// One that goes on from a cursor.
pub struct ContinuesFeed;
/// One that may meet another customer's identity.
pub struct TakesIdentity;

/// One that may be kept out by the version of a record in the tenant's own system.
pub struct GuardsOrder;

impl Failures for Always {
    fn failures() -> Vec<Failure> {
        vec![
            Failure::Forbidden,
            Failure::TooManyRequests,
            Failure::StorageRefused,
            Failure::Internal,
            Failure::Unavailable,
        ]
    }
}

impl Failures for ReadsIdentifier {
    fn failures() -> Vec<Failure> {
        vec![Failure::invalid("externalId", Problem::Blank)]
    }
}

impl Failures for ReadsCustomer {
    fn failures() -> Vec<Failure> {
        let errors = FieldErrors::from_iter([
            FieldError::new("claimedRegion.countryCode", Problem::UnknownCountryCode),
            FieldError::new("customer.email", Problem::InvalidEmail),
        ]);
        vec![errors.into()]
    }
}

impl Failures for ReadsQuery {
    fn failures() -> Vec<Failure> {
        vec![Failure::invalid("urn", Problem::InvalidUrn)]
    }
}

impl Failures for ReadsCursor {
    fn failures() -> Vec<Failure> {
        vec![Failure::invalid("after", Problem::InvalidCursor)]
    }
}

impl Failures for ReadsRanges {
    fn failures() -> Vec<Failure> {
        vec![Failure::invalid("ranges[0].upTo", Problem::NotBehind { other: "after" })]
    }
}

impl Failures for ReadsLines {
    fn failures() -> Vec<Failure> {
        let errors = FieldErrors::from_iter([
            FieldError::new("Idempotency-Key", Problem::NotSupported),
            FieldError::new("stopAfter", Problem::OutOfRange),
        ]);
        vec![
            Failure::Malformed,
            errors.into(),
            Failure::RequestTimeout,
            Failure::TooManyLines,
            Failure::NotLines,
        ]
    }
}

impl Failures for ContinuesFeed {
    fn failures() -> Vec<Failure> {
        vec![Failure::CursorExpired]
    }
}

impl Failures for TakesIdentity {
    fn failures() -> Vec<Failure> {
        [Identity::ExternalId, Identity::Email, Identity::PhoneNumber].into_iter().filter_map(taken).collect()
    }
}

impl Failures for GuardsOrder {
    fn failures() -> Vec<Failure> {
        let customer = CustomerUrn::parse("cu.00.482").ok();
        customer.map(|customer| Failure::Stale { customer, show_customer: true }).into_iter().collect()
    }
}

fn taken(identity: Identity) -> Option<Failure> {
    let holder = Some(CustomerUrn::parse("cu.00.482").ok()?);
    let conflict = Conflict { target: None, taken: vec![TakenIdentity { identity, holder }] };
    Some(Failure::Taken { conflict, show_holders: true })
}
