//! The failures that the partner document shows: as responses, and the groups whose examples name properties of this
//! surface.

use std::{collections::BTreeMap, marker::PhantomData};

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{RefOr, Response},
};

use super::error::{ErrorObject, documented};
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
        responses::responses::<T>(documented, "application/json", &ErrorObject::name())
    }
}

/// What every operation can answer.
pub struct Always;
/// An operation that reads a customer.
pub struct ReadsCustomer;
/// One that reads a query.
pub struct ReadsQuery;
/// One that may meet another customer's identity.
pub struct TakesIdentity;

impl Failures for Always {
    fn failures() -> Vec<Failure> {
        vec![Failure::TooManyRequests, Failure::Internal, Failure::Unavailable]
    }
}

impl Failures for ReadsCustomer {
    fn failures() -> Vec<Failure> {
        let errors = FieldErrors::from_iter([
            FieldError::new("country", Problem::UnknownCountryCode),
            FieldError::new("resellerId", Problem::UnknownReseller),
        ]);
        vec![errors.into()]
    }
}

impl Failures for ReadsQuery {
    fn failures() -> Vec<Failure> {
        vec![Failure::invalid("pageSize", Problem::OutOfRange)]
    }
}

impl Failures for TakesIdentity {
    fn failures() -> Vec<Failure> {
        let holder = CustomerUrn::parse("cu.00.482").ok();
        let taken = vec![TakenIdentity { identity: Identity::Email, holder }];
        let conflict = Conflict { target: None, taken };
        vec![Failure::Taken { conflict, show_holders: false }]
    }
}
