//! The partner API's credentials: a token says which tenant and which role, `X-Tenant` names a domain of that tenant.
//!
//! No valid token is answered 401. A valid token that does not fit is answered 403, whatever the reason, so that a caller does not learn which domains exist.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::{
    Authenticator,
    claims::{CSP, RESELLER, Token},
    refusal::{NoCaller, Refusal},
    surface::Surface,
};
use crate::domain::{
    caller::{Actor, Caller, PartnerCaller, PartnerRole, Subject},
    partner::ResellerId,
    scope::Scope,
    tenant::Tenant,
    tenant_domain::TenantDomain,
};
use crate::http::{frame::correlation, headers::single};

impl Authenticator {
    /// Who calls with a token of a partner.
    pub async fn partner_caller(&self, headers: &HeaderMap) -> Result<PartnerCaller, NoCaller> {
        let token = self.tokens.of_request(headers, Surface::Partner)?.ok_or(Refusal::NoToken)?;
        let misfit = |refusal| NoCaller::Refused { refusal, verified: Some(token.tenant) };
        let role = role(&token).ok_or(misfit(Refusal::Role))?;
        let domain = single(headers, "x-tenant").and_then(TenantDomain::parse);
        let domain = domain.ok_or(misfit(Refusal::TenantDomain))?;
        let tenant = self.find_tenant(token.tenant, &domain).await?.ok_or(misfit(Refusal::TenantDomain))?;
        if tenant.suspended {
            return Err(Refusal::SuspendedTenant.into());
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

/// The wider role counts. A reseller must say which it is.
fn role(token: &Token) -> Option<PartnerRole> {
    if token.has_role(CSP) {
        return Some(PartnerRole::Csp);
    }
    let reseller = token.reseller().filter(|_| token.has_role(RESELLER));
    reseller.map(|id| PartnerRole::Reseller(ResellerId(id)))
}
