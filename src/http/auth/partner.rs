//! The partner API's caller: a token says which tenant and which role, `X-Tenant` names a domain of that tenant.
//!
//! 401: no valid token. 403: a valid one that does not open this door, whatever the reason, so that nobody
//! learns which domains exist. Both without a body.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Authenticator,
    jwt::{CSP, Token},
    refused,
};
use crate::domain::{
    caller::{Actor, Caller, PartnerCaller, PartnerRole, Subject},
    partner::ResellerId,
    scope::Scope,
    tenant::Tenant,
};
use crate::http::{
    SharedApp,
    headers::single,
    middleware::{correlation, request_log::Authenticated},
    partner::error::PartnerError,
};

/// Lets a request through with its [`PartnerCaller`], or refuses it before anything of it is looked at.
pub async fn authenticate(State(app): State<SharedApp>, mut request: Request, next: Next) -> Response {
    match app.authenticator.partner(request.headers()).await {
        Ok(partner) => {
            let authenticated = Authenticated::from(&partner.caller);
            request.extensions_mut().insert(partner);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(authenticated);
            response
        }
        Err(refusal) => refused("partner", refusal),
    }
}

/// Why a partner may not come in.
pub enum PartnerRefusal {
    Unauthenticated,
    Forbidden,
    Error(PartnerError),
}

impl IntoResponse for PartnerRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer realm=\"partner\"")])
                    .into_response()
            }
            Self::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Self::Error(error) => error.into_response(),
        }
    }
}

/// A caller in the role of CSP; a reseller is refused.
pub struct Csp(pub PartnerCaller);

impl<S: Send + Sync> FromRequestParts<S> for PartnerCaller {
    type Rejection = PartnerRefusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PartnerRefusal> {
        parts.extensions.get::<Self>().cloned().ok_or(PartnerRefusal::Unauthenticated)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Csp {
    type Rejection = PartnerRefusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PartnerRefusal> {
        let partner = PartnerCaller::from_request_parts(parts, state).await?;
        if partner.role == PartnerRole::Csp { Ok(Self(partner)) } else { Err(PartnerRefusal::Forbidden) }
    }
}

impl Authenticator {
    async fn partner(&self, headers: &HeaderMap) -> Result<PartnerCaller, PartnerRefusal> {
        let token = self.tokens.of_request(headers).map_err(|_| PartnerRefusal::Unauthenticated)?;
        let token = token.ok_or(PartnerRefusal::Unauthenticated)?;
        let role = role(&token).ok_or(PartnerRefusal::Forbidden)?;
        let domain = single(headers, "x-tenant").ok_or(PartnerRefusal::Forbidden)?.to_ascii_lowercase();
        let tenant = self.find_tenant(token.tenant, domain).await?.ok_or(PartnerRefusal::Forbidden)?;
        if tenant.suspended {
            return Err(PartnerRefusal::Unauthenticated);
        }
        Ok(PartnerCaller { caller: caller(&token, tenant), role })
    }
}

fn caller(token: &Token, tenant: Arc<Tenant>) -> Caller {
    Caller {
        actor: Actor::Subject(Subject::of(tenant.id, &token.subject)),
        tenant,
        scopes: Scope::ALL.to_vec(),
        correlation_id: correlation::current(),
    }
}

/// Roles are spelled exactly, and the wider one counts. A reseller must say which it is.
fn role(token: &Token) -> Option<PartnerRole> {
    let has = |role| token.roles.iter().any(|held| held == role);
    if has(CSP) {
        return Some(PartnerRole::Csp);
    }
    token.reseller.filter(|_| has("reseller")).map(|id| PartnerRole::Reseller(ResellerId(id)))
}
