//! The caller of a C2A endpoint as a type: a handler that takes `Authorized<Write>` runs only for one that may write.

use std::{marker::PhantomData, ops::Deref};

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};

use super::{attributes, error::C2aError};
use crate::domain::{caller::Caller, scope::Scope};
use crate::http::{
    auth::{
        refusal::{NoCaller, Refusal},
        surface::Surface,
    },
    failure::Failure,
    idempotency::Viewer,
};
use crate::service::customers::CustomersError;

/// Scopes as a type, any of which is asked for.
pub trait RequiredScope: Send + Sync {
    const ANY_OF: &[Scope];
}

#[derive(Clone)]
pub struct Read;
#[derive(Clone)]
pub struct Write;
#[derive(Clone)]
pub struct Delete;
#[derive(Clone)]
pub struct List;
#[derive(Clone)]
pub struct WriteOrDelete;

impl RequiredScope for Read {
    const ANY_OF: &[Scope] = &[Scope::CustomerRead];
}

impl RequiredScope for Write {
    const ANY_OF: &[Scope] = &[Scope::CustomerWrite];
}

impl RequiredScope for Delete {
    const ANY_OF: &[Scope] = &[Scope::CustomerDelete];
}

impl RequiredScope for List {
    const ANY_OF: &[Scope] = &[Scope::CustomerList];
}

impl RequiredScope for WriteOrDelete {
    const ANY_OF: &[Scope] = &[Scope::CustomerWrite, Scope::CustomerDelete];
}

/// An authenticated caller with the scope `S`.
#[derive(Clone)]
pub struct Authorized<S> {
    caller: Caller,
    scope: PhantomData<S>,
}

impl<S> Authorized<S> {
    /// The service's error, as far as this caller may know.
    pub fn failure(&self, error: CustomersError) -> Failure {
        match error {
            CustomersError::NotFound => Failure::CustomerNotFound,
            CustomersError::Taken(conflict) => Failure::Taken { conflict, show_holders: self.may_read() },
            CustomersError::Incomplete(missing) => {
                Failure::Invalid(missing.into_iter().map(attributes::required).collect())
            }
            CustomersError::VersionMismatch { current } => Failure::VersionMismatch { current },
            CustomersError::Stale { customer } => Failure::Stale { customer, show_customer: self.may_read() },
            CustomersError::Storage(error) => error.into(),
        }
    }

    fn may_read(&self) -> bool {
        self.caller.may(Scope::CustomerRead)
    }
}

impl<S: Clone + Send + Sync + 'static> Viewer for Authorized<S> {
    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn response_variant(&self) -> String {
        format!("may read: {}", self.may_read())
    }
}

impl<S> Deref for Authorized<S> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<A: Send + Sync, S: RequiredScope> FromRequestParts<A> for Authorized<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Response> {
        let refused = |refusal| NoCaller::from(refusal).respond(Surface::C2a, C2aError::answer);
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(|| refused(Refusal::NoKey))?;
        if S::ANY_OF.iter().any(|scope| caller.may(*scope)) {
            Ok(Self { caller, scope: PhantomData })
        } else {
            Err(refused(Refusal::Scope))
        }
    }
}
