//! `x-api-key` and `x-tn`: the tenant is the **key's**, and the header must say the same. A token beside the
//! key can only take away: it must be of the same tenant, and its scopes limit those of the key.

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use chrono::Utc;

use super::{Authenticator, jwt::Token, refused};
use crate::domain::{
    api_key::ApiKey,
    caller::{Actor, Caller},
    scope::Scope,
    tenant::TenantId,
};
use crate::http::{
    SharedApp,
    c2a::status::C2aError,
    headers::single,
    middleware::{correlation, request_log::Authenticated},
};
use crate::service::credentials::KeyCredential;

/// Lets a request through with its [`Caller`], or answers 401 before anything of it is looked at.
pub async fn authenticate(State(app): State<SharedApp>, mut request: Request, next: Next) -> Response {
    match app.authenticator.c2a(request.headers()).await {
        Ok(caller) => {
            let authenticated = Authenticated::from(&caller);
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(authenticated);
            response
        }
        Err(refusal) => refused("c2a", refusal),
    }
}

impl Authenticator {
    /// Whether a key still opens its tenant's door, with a token where that asks for one.
    pub async fn opens(&self, key: &str, tenant: TenantId) -> bool {
        let Some(key) = ApiKey::parse(key, self.environment) else { return false };
        let credential = self.find_key(tenant, key.fingerprint()).await.ok().flatten();
        credential.is_some_and(|credential| credential.is_valid(Utc::now()))
    }

    async fn c2a(&self, headers: &HeaderMap) -> Result<Caller, C2aError> {
        let refused = || C2aError::Unauthenticated;
        let key = single(headers, "x-api-key").and_then(|key| ApiKey::parse(key, self.environment));
        let tenant = single(headers, "x-tn").and_then(TenantId::parse);
        let (key, tenant) = key.zip(tenant).ok_or_else(refused)?;
        let token = self.tokens.of_request(headers).map_err(|_| refused())?;
        let credential = self.find_key(tenant, key.fingerprint()).await?.ok_or_else(refused)?;
        if !credential.is_valid(Utc::now()) || !agrees(&credential, token.as_ref()) {
            return Err(refused());
        }
        self.last_used.note(tenant, credential.id);
        Ok(Caller {
            tenant: credential.tenant.clone(),
            actor: Actor::Key(credential.id),
            scopes: scopes(&credential, token),
            correlation_id: correlation::current(),
        })
    }
}

/// A token there is must be of the key's tenant; one there is not must not be asked for.
fn agrees(credential: &KeyCredential, token: Option<&Token>) -> bool {
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
