//! A partner's portal: a token, and the customers it sends.

use azotte_customers::http::auth::{
    jwt::{Audience, Claims, sign},
    jwt_keys::{KeySet, KeySource},
};
use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Client, server::JWT_SECRET};

impl Client {
    /// The CSP of this tenant, addressed by this domain of it.
    pub fn csp(&self, tenant: Uuid, domain: &str) -> Self {
        let stranger = self.without("x-tn").without("x-api-key");
        stranger.with("authorization", &format!("Bearer {}", token(tenant))).with("x-tenant", domain)
    }
}

fn token(tenant: Uuid) -> String {
    let keys = KeySet::load(&KeySource::Secret(JWT_SECRET.into())).unwrap();
    let now = Utc::now().timestamp();
    let claims = Claims {
        iss: "azotte-sandbox".to_owned(),
        aud: Audience::One("azotte-customers".to_owned()),
        sub: "portal".to_owned(),
        exp: now + 900,
        iat: now,
        nbf: None,
        tn: tenant.to_string(),
        roles: vec!["csp".to_owned()],
        reseller_id: None,
        scope: None,
    };
    sign(&keys, &claims).unwrap()
}

/// A new customer of the partner API, with nothing optional but its id.
pub fn partner_customer(id: Uuid, company_name: &str, email: &str) -> Value {
    json!({
        "id": id,
        "companyName": company_name,
        "country": "DE",
        "addressLine1": "Hauptstr. 1",
        "city": "Berlin",
        "state": "BE",
        "zip": "10115",
        "firstName": "Jane",
        "lastName": "Doe",
        "email": email,
        "phone": format!("call {id}").chars().take(30).collect::<String>(),
        "providerCustomers": {},
    })
}
