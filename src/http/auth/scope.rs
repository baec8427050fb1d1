//! The caller as a type: a handler that takes `Allowed<Write>` runs only for one who may write.

use std::{marker::PhantomData, ops::Deref};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::domain::{caller::Caller, scope::Scope};
use crate::http::c2a::status::C2aError;
use crate::service::customers::CustomersError;

/// A scope as a type.
pub trait Asks: Send + Sync {
    const SCOPE: Scope;
}

#[derive(Clone)]
pub struct Read;
#[derive(Clone)]
pub struct Write;
#[derive(Clone)]
pub struct Delete;

impl Asks for Read {
    const SCOPE: Scope = Scope::CustomerRead;
}

impl Asks for Write {
    const SCOPE: Scope = Scope::CustomerWrite;
}

impl Asks for Delete {
    const SCOPE: Scope = Scope::CustomerDelete;
}

/// An authenticated caller with the scope `S`.
#[derive(Clone)]
pub struct Allowed<S> {
    caller: Caller,
    scope: PhantomData<S>,
}

impl<S> Allowed<S> {
    /// The answer to a failed call, as far as this caller may know.
    pub fn c2a_error(&self, error: CustomersError) -> C2aError {
        C2aError::from_customers(error, self.caller.may(Scope::CustomerRead))
    }
}

impl<S> Allowed<S> {
    /// What answers to this caller depend on, beside the request.
    pub fn viewpoint(&self) -> String {
        format!("may read: {}", self.caller.may(Scope::CustomerRead))
    }
}

impl<S> Deref for Allowed<S> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<A: Send + Sync, S: Asks> FromRequestParts<A> for Allowed<S> {
    type Rejection = C2aError;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, C2aError> {
        let caller = parts.extensions.get::<Caller>().cloned().ok_or(C2aError::Unauthenticated)?;
        if caller.may(S::SCOPE) { Ok(Self { caller, scope: PhantomData }) } else { Err(C2aError::Forbidden) }
    }
}
