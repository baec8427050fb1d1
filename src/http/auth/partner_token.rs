//! The partner API's credentials: a token says which tenant and which role, `X-Tenant` names a domain of that tenant.
//!
//! No valid token is [`Failure::Unauthenticated`]. A valid token that does not fit is [`Failure::Forbidden`],
//! whatever the reason, so that a caller does not learn which domains exist.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::{
    Authenticator,
    jwt::{CSP, Token},
};
use crate::domain::{
    caller::{Actor, Caller, PartnerCaller, PartnerRole, Subject},
    partner::ResellerId,
    scope::Scope,
    tenant::Tenant,
};
use crate::http::{failure::Failure, headers::single, middleware::correlation};

impl Authenticator {
    /// Who calls with a token of a partner.
    pub async fn partner_caller(&self, headers: &HeaderMap) -> Result<PartnerCaller, Failure> {
        let token = self.tokens.of_request(headers).map_err(|_| Failure::Unauthenticated)?;
        let token = token.ok_or(Failure::Unauthenticated)?;
        let role = role(&token).ok_or(Failure::Forbidden)?;
        let domain = single(headers, "x-tenant").ok_or(Failure::Forbidden)?.to_ascii_lowercase();
        let tenant = self.find_tenant(token.tenant, domain).await?.ok_or(Failure::Forbidden)?;
        if tenant.suspended {
            return Err(Failure::Unauthenticated);
        }
        Ok(PartnerCaller { caller: caller(&token, tenant), role })
    }
}

fn caller(token: &Token, tenant: Arc<Tenant>) -> Caller {
    Caller {
        actor: Actor::Subject(Subject::new(tenant.id, &token.subject)),
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
