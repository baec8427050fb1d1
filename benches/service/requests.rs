//! Requests as bytes, made beforehand as far as they can be: the load must not cost more than what it measures.

use rand::RngExt;

use crate::server::{CUSTOMERS, TENANT};

pub const SAMPLE_KEY: &str = "sk_dev_acme_sample_123456789";

/// Who asks.
#[derive(Clone)]
pub struct Caller {
    pub tenant: String,
    pub key: String,
    /// Further fields of the head, each with its end.
    headers: String,
    /// Whose numbers are asked for, from 1 on.
    customers: u32,
}

impl Caller {
    pub fn acme() -> Self {
        Self::new(TENANT, SAMPLE_KEY)
    }

    pub fn new(tenant: &str, key: &str) -> Self {
        Self { tenant: tenant.to_owned(), key: key.to_owned(), headers: String::new(), customers: CUSTOMERS }
    }

    /// The same with this field in the head.
    pub fn with(&self, header: &str) -> Self {
        Self { headers: format!("{}{header}\r\n", self.headers), ..self.clone() }
    }

    /// The same among so many customers.
    pub fn of(self, customers: u32) -> Self {
        Self { customers, ..self }
    }

    pub fn info(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=self.customers);
        self.look_up(&format!("urn=cu.00.{number}"))
    }

    pub fn info_by_external_id(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=self.customers);
        self.look_up(&format!("exId=bench-{number}"))
    }

    /// Info of the customer that the query names.
    pub fn look_up(&self, query: &str) -> Vec<u8> {
        self.head("GET", &format!("info?{query}"), "").into_bytes()
    }

    pub fn validate(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=2 * self.customers);
        self.post("validate", &format!(r#"{{"externalId":"bench-{number}"}}"#))
    }

    pub fn store(&self) -> Vec<u8> {
        let id: u64 = rand::random();
        self.store_customer(&format!("new-{id}"))
    }

    pub fn store_customer(&self, external_id: &str) -> Vec<u8> {
        let body = format!(
            r#"{{"customer":{{"externalIdentifier":"{external_id}","email":"{external_id}@example.com","firstName":"Jane","lastName":"Doe"}},"claimedRegion":{{"countryCode":"DE","languageCode":"de"}}}}"#
        );
        self.post("store", &body)
    }

    pub fn store_with_key(&self) -> Vec<u8> {
        let key: u128 = rand::random();
        self.with(&format!("idempotency-key: {key:032x}")).store()
    }

    /// So many of the stores are of a customer that is there.
    pub fn store_or_repeat(&self, part: f64) -> Vec<u8> {
        if rand::rng().random_bool(part) {
            let number = rand::rng().random_range(1..=self.customers);
            return self.store_customer(&format!("bench-{number}"));
        }
        self.store()
    }

    pub fn update(&self) -> Vec<u8> {
        let number = rand::rng().random_range(2..=self.customers);
        self.update_of(&format!("cu.00.{number}"))
    }

    pub fn update_of(&self, urn: &str) -> Vec<u8> {
        let name: u32 = rand::random();
        let body = format!(r#"{{"customer":{{"customerUrn":"{urn}","firstName":"Jane {name}"}}}}"#);
        self.post("update", &body)
    }

    /// A bulk request for so many new customers, whose connection closes behind it.
    pub fn import(&self, first: usize, count: usize) -> Vec<u8> {
        let line = |n: usize| {
            format!(
                r#"{{"operation":"store","onConflict":"update","customer":{{"externalIdentifier":"import-{n}","email":"import-{n}@example.com","phoneNumber":"+49 30 {}","firstName":"Jane","lastName":"Doe"}},"claimedRegion":{{"countryCode":"DE","languageCode":"de"}}}}"#,
                10_000_000 + n
            ) + "\n"
        };
        let body: String = (first..first + count).map(line).collect();
        let headers = format!(
            "content-type: application/x-ndjson\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        (self.head("POST", "bulk", &headers) + &body).into_bytes()
    }

    fn post(&self, endpoint: &str, body: &str) -> Vec<u8> {
        let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        (self.head("POST", endpoint, &headers) + body).into_bytes()
    }

    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let Self { tenant, key, headers: further, customers: _ } = self;
        format!(
            "{method} /api/c2a/customer/{path} HTTP/1.1\r\nhost: bench\r\nx-tn: {tenant}\r\nx-api-key: {key}\r\n{further}{headers}\r\n"
        )
    }
}
