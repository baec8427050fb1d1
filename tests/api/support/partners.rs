//! Partners of the sandbox tenant: its CSP, two resellers, a provider instance, and the customers they create.

use std::fmt::Display;

use azotte_customers::{
    domain::{
        partner::{ProviderInstanceId, ResellerId},
        tenant::TenantId,
    },
    postgres::{provider_instances, resellers},
    sandbox::seed,
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::{Uuid, uuid};

use super::{Client, Reply, Server, bodies::merged, canaries::dump, tokens::Token};

pub const RESELLER: Uuid = uuid!("5e11e500-0000-4000-8000-000000000001");
pub const OTHER_RESELLER: Uuid = uuid!("5e11e500-0000-4000-8000-000000000002");
/// The provider instance of the upstream sample.
pub const INSTANCE: Uuid = uuid!("cb3cd15b-1d6e-45be-b493-c71549cbfd87");

impl Server {
    /// With what partners of the sandbox tenant may name.
    pub async fn with_partners() -> Self {
        let server = Self::start().await;
        server.add_partners(seed::TENANT_ID.0).await;
        server
    }

    pub async fn add_partners(&self, tenant: Uuid) {
        for reseller in [RESELLER, OTHER_RESELLER] {
            let id = ResellerId(reseller);
            resellers::add(&self.pool, TenantId(tenant), id, "Resale Ltd").await.unwrap();
        }
        self.add_instance(tenant, INSTANCE).await;
    }

    pub async fn add_instance(&self, tenant: Uuid, instance: Uuid) {
        let id = ProviderInstanceId(instance);
        provider_instances::add(&self.pool, TenantId(tenant), id, "Marketplace").await.unwrap();
    }

    /// A client of the sandbox tenant's partner surface.
    pub fn partner(&self, token: &Token) -> Client {
        self.partner_at(seed::TENANT_DOMAIN, token)
    }

    pub fn partner_at(&self, domain: &str, token: &Token) -> Client {
        self.acme.partner_at(domain, token)
    }

    pub fn csp(&self) -> Client {
        self.partner(&Token::acme())
    }

    pub fn reseller(&self, id: Uuid) -> Client {
        self.partner(&Token::reseller(seed::TENANT_ID.0, id))
    }
}

impl Client {
    /// On the same server, but with this token, addressing a tenant by this domain of it.
    pub fn partner_at(&self, domain: &str, token: &Token) -> Self {
        let stranger = self.without("x-tn").without("x-api-key");
        stranger.with("x-tenant", domain).with("authorization", &format!("Bearer {}", token.signed()))
    }

    pub async fn create(&self, customer: &Value) -> Reply {
        self.post("/v1/Customers", &customer.to_string()).await
    }

    pub async fn get(&self, id: impl Display) -> Reply {
        self.send(Method::GET, &format!("/v1/Customers/{id}"), "").await
    }

    /// `query` such as `pageSize=7`.
    pub async fn list(&self, query: &str) -> Reply {
        self.send(Method::GET, &format!("/v1/Customers?{query}"), "").await
    }

    pub async fn erase(&self, id: impl Display) -> Reply {
        self.send(Method::DELETE, &format!("/v1/Customers/{id}"), "").await
    }

    /// Creates it and returns its id.
    pub async fn created(&self, customer: &Value) -> Uuid {
        let reply = self.create(customer).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        serde_json::from_value(reply.json()).unwrap()
    }
}

impl Reply {
    /// `propertyName` of every error, in order; the object that holds them is upstream's, member for member.
    pub fn properties(&self) -> Vec<String> {
        let object = self.json();
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(members(&object), ["correlationId", "description", "errors", "statusCode", "type"]);
        assert_eq!(object["statusCode"], self.status.as_u16());
        assert!(!object["type"].as_str().unwrap().is_empty());
        assert!(!object["description"].as_str().unwrap().is_empty());
        assert_eq!(object["correlationId"].as_str(), self.header("x-correlation-id"));
        object["errors"].as_array().unwrap().iter().map(property).collect()
    }

    /// What makes one answer another: all but the date and the id of the request.
    pub fn told(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.header("x-correlation-id").unwrap();
        let headers =
            self.headers.iter().filter(|(name, _)| !["date", "x-correlation-id"].contains(&name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        (self.status.as_u16(), headers.collect(), self.text().replace(id, "-"))
    }
}

fn property(error: &Value) -> String {
    assert_eq!(members(error), ["description", "propertyName"]);
    let descriptions = error["description"].as_array().unwrap();
    assert!(
        !descriptions.is_empty()
            && descriptions.iter().all(|text| text.as_str().is_some_and(|t| !t.is_empty()))
    );
    error["propertyName"].as_str().unwrap().to_owned()
}

fn members(object: &Value) -> Vec<&str> {
    let mut members: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort();
    members
}

/// A customer with nothing optional; `name` sets it apart from others.
pub fn customer(name: &str) -> Value {
    json!({
        "companyName": format!("{name} Lda"),
        "country": "PT",
        "addressLine1": "Rua Augusta 1",
        "city": "Lisboa",
        "state": "Lisboa",
        "zip": "1100-048",
        "firstName": "Ana",
        "lastName": "Silva",
        "email": format!("{name}@example.com"),
        "phone": "921231231",
        "providerCustomers": {},
    })
}

pub const MARK: &str = "zaunkoenig";

/// Every value has the mark in it, but for the phone's digits and ids.
pub fn marked(id: Uuid) -> Value {
    let value = |name: &str| format!("{name}-{MARK}");
    let margin = json!({ "marginRule": { "name": "Markup" }, "value": 10 });
    json!({
        "id": id,
        "companyName": value("company"),
        "taxId": value("tax"),
        "country": "PT",
        "addressLine1": value("line1"),
        "addressLine2": value("line2"),
        "city": value("city"),
        "state": value("state"),
        "zip": value("zip"),
        "firstName": value("first"),
        "middleName": value("middle"),
        "lastName": value("last"),
        "email": format!("{MARK}@example.com"),
        "phone": "+351 921 231 231",
        "internalIdentifier": value("internal"),
        "resellerId": RESELLER,
        "providerCustomers": { INSTANCE.to_string(): {
            "providerCustomerData": json!({ "Domain": value("domain") }).to_string(),
            "offerTypeMargins": { value("offer"): margin },
        } },
        "customerAssociations": [{ "resellerId": OTHER_RESELLER, "name": value("association") }],
    })
}

/// How often mark, phone number and id are in any table.
pub async fn traces(server: &Server, id: Uuid) -> [usize; 3] {
    let dump = dump(&server.pool).await.to_lowercase();
    [MARK, "351921231231", &id.to_string()].map(|trace| dump.matches(trace).count())
}

/// The least, and over it these properties, such as an `id`.
pub fn customer_with(name: &str, properties: Value) -> Value {
    merged(customer(name), properties)
}

/// Rows of every table that a creation writes.
pub async fn rows(pool: &PgPool) -> [i64; 5] {
    let count = "
        select array[
            (select count(*) from customers),
            (select count(*) from customer_events),
            (select count(*) from partner_customers),
            (select count(*) from customer_associations),
            (select count(*) from provider_customers)
        ]";
    let rows: Vec<i64> = sqlx::query_scalar(count).fetch_one(pool).await.unwrap();
    rows.try_into().unwrap()
}
