//! `x-api-key` and `x-tn`: the tenant is the **key's**, and the header must say the same. A token beside the
//! key can only take away: it must be of the same tenant, and its scopes limit those of the key.

use axum::http::HeaderMap;

use super::{Authenticator, jwt::Token};
use crate::domain::{
    api_key::ApiKey,
    caller::{Actor, Caller},
    scope::Scope,
    tenant::TenantId,
};
use crate::http::{failure::Failure, headers::single, middleware::correlation};
use crate::service::credentials::KeyCredential;

impl Authenticator {
    /// Whether this key is valid for this tenant now.
    pub async fn accepts_key(&self, key: &str, tenant: TenantId) -> bool {
        let Some(key) = ApiKey::parse(key, self.environment) else { return false };
        let credential = self.find_key(tenant, key.fingerprint()).await.ok().flatten();
        credential.is_some_and(|credential| credential.is_valid(self.clock.now()))
    }

    /// Who calls with an API key. Whatever is wrong with the credentials: [`Failure::Unauthenticated`].
    pub async fn key_caller(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let refused = || Failure::Unauthenticated;
        let key = single(headers, "x-api-key").and_then(|key| ApiKey::parse(key, self.environment));
        let tenant = single(headers, "x-tn").and_then(|tenant| TenantId::parse(tenant).ok());
        let (key, tenant) = key.zip(tenant).ok_or_else(refused)?;
        let token = self.tokens.of_request(headers).map_err(|_| refused())?;
        let credential = self.find_key(tenant, key.fingerprint()).await?.ok_or_else(refused)?;
        if !credential.is_valid(self.clock.now()) || !token_matches(&credential, token.as_ref()) {
            return Err(refused());
        }
        self.last_used.note(tenant, credential.id, self.clock.now());
        Ok(Caller {
            tenant: credential.tenant.clone(),
            actor: Actor::Key(credential.id),
            scopes: scopes(&credential, token),
            correlation_id: correlation::current(),
        })
    }
}

/// A token must be of the key's tenant; without one, the tenant must not require it.
fn token_matches(credential: &KeyCredential, token: Option<&Token>) -> bool {
    match token {
        Some(token) => token.tenant == credential.tenant.id,
        None => !credential.tenant.jwt.is_required(),
    }
}

fn scopes(credential: &KeyCredential, token: Option<Token>) -> Vec<Scope> {
    let mut scopes = credential.scopes.clone();
    if let Some(limits) = token.and_then(|token| token.scopes) {
        scopes.retain(|scope| limits.contains(scope));
    }
    scopes
}
