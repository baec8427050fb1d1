//! `x-api-key` and `x-tn`: the tenant is the **key's**, and the header must say the same. A token beside the
//! key can only take away: it must be of the same tenant, and its scopes limit those of the key.

use axum::http::HeaderMap;

use super::{
    Authenticator,
    claims::Token,
    refusal::{NoCaller, Refusal},
    surface::Surface,
};
use crate::domain::{
    api_key::ApiKey,
    caller::{Actor, Caller},
    scope::Scope,
    tenant::TenantId,
};
use crate::http::{frame::correlation, headers::single};
use crate::service::credentials::KeyCredential;

impl Authenticator {
    /// Whether this key is valid for this tenant now.
    pub async fn accepts_key(&self, key: &str, tenant: TenantId) -> bool {
        let Some(key) = ApiKey::parse(key, self.environment) else { return false };
        let credential = self.find_key(tenant, key.fingerprint()).await.ok().flatten();
        credential.is_some_and(|credential| credential.is_valid(self.clock.now()))
    }

    /// Who calls with an API key.
    pub async fn key_caller(&self, headers: &HeaderMap) -> Result<Caller, NoCaller> {
        let key = single(headers, "x-api-key").ok_or(Refusal::NoKey)?;
        let key = ApiKey::parse(key, self.environment).ok_or(Refusal::MalformedKey)?;
        let tenant = single(headers, "x-tn").and_then(|tenant| TenantId::parse(tenant).ok());
        let tenant = tenant.ok_or(Refusal::NoTenant)?;
        let token = self.tokens.of_request(headers, Surface::C2a)?;
        let credential = self.find_key(tenant, key.fingerprint()).await?.ok_or(Refusal::UnknownKey)?;
        credential.check(self.clock.now()).map_err(Refusal::from)?;
        let scopes = scopes(&credential, token.as_ref())?;
        self.last_used.note(tenant, credential.id, self.clock.now());
        Ok(Caller {
            tenant: credential.tenant.clone(),
            actor: Actor::Key(credential.id),
            scopes,
            correlation_id: correlation::current(),
        })
    }
}

/// Those of the key, as far as a token lets them. A token must be of the key's tenant; without one, the tenant must
/// not require it.
fn scopes(credential: &KeyCredential, token: Option<&Token>) -> Result<Vec<Scope>, Refusal> {
    let mut scopes = credential.scopes.clone();
    match token {
        Some(token) if token.tenant != credential.tenant.id => return Err(Refusal::TokenTenant),
        Some(token) => {
            if let Some(limits) = token.scopes()? {
                scopes.retain(|scope| limits.contains(scope));
            }
        }
        None if credential.tenant.jwt.is_required() => return Err(Refusal::NoToken),
        None => {}
    }
    Ok(scopes)
}
