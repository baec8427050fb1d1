//! Tokens as an issuer signs them, tokens as nobody should take them, and the two doors they are shown at.

use azotte_customers::{
    http::auth::{
        jwt_keys::KeySource,
        jwt_settings::{Audiences, JwtSettings},
    },
    sandbox::seed,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Client, Reply, Server, server::JWT_SECRET};

pub const ISSUER: &str = "azotte-sandbox";
/// Of the C2A API.
pub const AUDIENCE: &str = "azotte-customers";
pub const PARTNER_AUDIENCE: &str = "azotte-customers-partner";

/// A token before it is signed: header and claims, to be put right or wrong.
#[derive(Clone)]
pub struct Token {
    header: Value,
    claims: Value,
}

impl Token {
    /// Of a CSP of this tenant and for both doors, good for a quarter of an hour.
    pub fn csp(tenant: Uuid) -> Self {
        let now = now();
        let claims = json!({
            "iss": ISSUER,
            "aud": [AUDIENCE, PARTNER_AUDIENCE],
            "sub": "portal",
            "tn": tenant,
            "iat": now,
            "exp": now + 900,
            "roles": ["csp"],
        });
        Self { header: json!({ "typ": "JWT", "alg": "HS256" }), claims }
    }

    pub fn reseller(tenant: Uuid, reseller: Uuid) -> Self {
        Self::csp(tenant).with("roles", json!(["reseller"])).with("reseller_id", json!(reseller))
    }

    /// Of a CSP of the sandbox tenant.
    pub fn acme() -> Self {
        Self::csp(seed::TENANT_ID.0)
    }

    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims[claim] = value.into();
        self
    }

    pub fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim);
        self
    }

    pub fn with_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    /// With the secret of the tests' servers.
    pub fn signed(&self) -> String {
        self.signed_by(&secret(), Algorithm::HS256)
    }

    /// By any key; the header goes on saying what it says.
    pub fn signed_by(&self, key: &EncodingKey, algorithm: Algorithm) -> String {
        seal(&self.header.to_string(), self.claims.to_string().as_bytes(), key, algorithm)
    }

    /// Everything but the signature, with the dot that goes before it.
    pub fn unsigned(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&self.header), part(&self.claims))
    }

    pub fn header(&self) -> String {
        self.header.to_string()
    }

    pub fn claims(&self) -> String {
        self.claims.to_string()
    }
}

pub fn now() -> i64 {
    Utc::now().timestamp()
}

pub fn secret() -> EncodingKey {
    EncodingKey::from_secret(JWT_SECRET.as_bytes())
}

/// A token of exactly these bytes, signed with the secret of the tests' servers.
pub fn sealed(header: &str, payload: impl AsRef<[u8]>) -> String {
    seal(header, payload.as_ref(), &secret(), Algorithm::HS256)
}

fn seal(header: &str, payload: &[u8], key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// What the tests' servers take, with keys of one's own.
pub fn settings(keys: KeySource) -> JwtSettings {
    JwtSettings {
        issuer: ISSUER.to_owned(),
        audiences: Audiences { c2a: AUDIENCE.to_owned(), partner: PARTNER_AUDIENCE.to_owned() },
        max_lifetime_s: 7200,
        token_type: None,
        keys,
    }
}

/// The doors a token can open, both of the sandbox tenant.
pub struct Doors {
    pub c2a: Client,
    pub partner: Client,
}

impl Server {
    pub fn doors(&self) -> Doors {
        let partner = Client::stranger(self.address).with("x-tenant", seed::TENANT_DOMAIN);
        Doors { c2a: self.acme.clone(), partner }
    }
}

impl Doors {
    /// The same doors with this header set.
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self { c2a: self.c2a.with(name, value), partner: self.partner.with(name, value) }
    }

    /// The same doors with this header once more.
    pub fn adding(&self, name: &str, value: &str) -> Self {
        Self { c2a: self.c2a.adding(name, value), partner: self.partner.adding(name, value) }
    }

    pub fn bearing(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// 401 at both, without a body and by the same headers as for any other token.
    pub async fn assert_closed(&self, case: &str) {
        for (door, reply) in self.knock().await {
            assert_eq!(reply.status, 401, "{case}: {door}");
            assert!(reply.body.is_empty(), "{case}: {door}");
            assert!(reply.header("www-authenticate").is_some(), "{case}: {door}");
            assert!(reply.header("content-type").is_none(), "{case}: {door}");
        }
    }

    pub async fn assert_answers(&self, c2a: u16, partner: u16, case: &str) {
        for ((door, reply), expected) in self.knock().await.into_iter().zip([c2a, partner]) {
            assert_eq!(reply.status, expected, "{case}: {door}");
        }
    }

    pub async fn assert_open(&self, case: &str) {
        for (door, reply) in self.knock().await {
            assert_eq!(reply.status, 200, "{case}: {door}");
        }
    }

    async fn knock(&self) -> [(&'static str, Reply); 2] {
        let c2a = self.c2a.validate("crm-1").await;
        let partner = self.partner.send(Method::GET, "/v1/Customers", "").await;
        [("C2A", c2a), ("partner", partner)]
    }
}
