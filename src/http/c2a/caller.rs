//! The caller of a C2A endpoint as a type: a handler that takes `Authorized<Write>` runs only for one that may write.

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};

use super::{attributes, error::C2aError};
use crate::domain::{caller::Caller, scope::Scope};
use crate::http::{
    auth::{
        Authenticator,
        pass::with_caller,
        refusal::{NoCaller, Refusal},
        surface::Surface,
    },
    failure::Failure,
    idempotency::Viewer,
    limits::{Limits, rate},
    middleware::request_log::Authenticated,
};
use crate::service::customers::CustomersError;

/// Lets a request through with its [`Caller`], or answers 401 before anything of it is looked at.
pub async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Response {
    match authenticator.key_caller(request.headers()).await {
        Ok(caller) => {
            let authenticated = Authenticated::from(&caller);
            with_caller(caller, authenticated, request, next).await
        }
        Err(no_caller) => no_caller.respond::<C2aError>(Surface::C2a),
    }
}

/// Counts the request against the quota of its tenant. Right inside [`authenticate`].
pub async fn limit_rate(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let tenant = request.extensions().get::<Caller>().map(|caller| caller.tenant.clone());
    let refusal = ("c2a", C2aError::from(Failure::TooManyRequests));
    rate::limit(&limits, tenant, refusal, request, next).await
}

/// A scope as a type.
pub trait RequiredScope: Send + Sync {
    const SCOPE: Scope;
}

#[derive(Clone)]
pub struct Read;
#[derive(Clone)]
pub struct Write;
#[derive(Clone)]
pub struct Delete;

impl RequiredScope for Read {
    const SCOPE: Scope = Scope::CustomerRead;
}

impl RequiredScope for Write {
    const SCOPE: Scope = Scope::CustomerWrite;
}

impl RequiredScope for Delete {
    const SCOPE: Scope = Scope::CustomerDelete;
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
            CustomersError::Storage(error) => error.into(),
        }
    }

    fn may_read(&self) -> bool {
        self.caller.may(Scope::CustomerRead)
    }
}

impl<S: Clone + Send + 'static> Viewer for Authorized<S> {
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
        let refused = |refusal| NoCaller::Refused(refusal).respond::<C2aError>(Surface::C2a);
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(|| refused(Refusal::NoKey))?;
        if caller.may(S::SCOPE) {
            Ok(Self { caller, scope: PhantomData })
        } else {
            Err(refused(Refusal::Scope))
        }
    }
}
