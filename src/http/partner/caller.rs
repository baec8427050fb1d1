//! The caller of a partner endpoint as a type: [`PartnerCaller`] in any role, [`Csp`] for what a reseller may not do.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};

use super::error::PartnerError;
use crate::domain::caller::{Caller, PartnerCaller, PartnerRole};
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

/// Lets a request through with its [`PartnerCaller`], or refuses it before anything of it is looked at.
pub async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Response {
    match authenticator.partner_caller(request.headers()).await {
        Ok(partner) => {
            let authenticated = Authenticated::from(&partner.caller);
            with_caller(partner, authenticated, request, next).await
        }
        Err(no_caller) => no_caller.respond::<PartnerError>(Surface::Partner),
    }
}

/// Counts the request against the quota of its tenant. Right inside [`authenticate`].
pub async fn limit_rate(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let tenant = request.extensions().get::<PartnerCaller>().map(|partner| partner.caller.tenant.clone());
    let refusal = ("partner", PartnerError::from(Failure::TooManyRequests));
    rate::limit(&limits, tenant, refusal, request, next).await
}

/// A caller in the role of CSP; a reseller is refused.
pub struct Csp(pub PartnerCaller);

impl<S: Send + Sync> FromRequestParts<S> for PartnerCaller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| refused(Refusal::NoToken))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Csp {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let partner = PartnerCaller::from_request_parts(parts, state).await?;
        if partner.role == PartnerRole::Csp { Ok(Self(partner)) } else { Err(refused(Refusal::Role)) }
    }
}

fn refused(refusal: Refusal) -> Response {
    NoCaller::Refused(refusal).respond::<PartnerError>(Surface::Partner)
}

impl Viewer for PartnerCaller {
    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn response_variant(&self) -> String {
        format!("{:?}", self.role)
    }
}
