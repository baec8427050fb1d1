//! The caller of a partner endpoint as a type: [`PartnerCaller`] in any role, [`Csp`] for what a reseller may not do.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};

use super::error::PartnerError;
use crate::domain::caller::{Caller, PartnerCaller, PartnerRole};
use crate::http::{
    auth::{
        refusal::{NoCaller, Refusal},
        surface::Surface,
    },
    idempotency::Viewer,
};

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
    NoCaller::from(refusal).respond(Surface::Partner, PartnerError::answer)
}

impl Viewer for PartnerCaller {
    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn response_variant(&self) -> String {
        format!("{:?}", self.role)
    }
}
