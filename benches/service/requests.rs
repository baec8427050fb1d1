//! Requests as bytes, made beforehand as far as they can be: the load must not cost more than what it measures.

use rand::RngExt;

use crate::server::{CUSTOMERS, TENANT};

pub const SAMPLE_KEY: &str = "sk_dev_acme_sample_123456789";

/// Who asks.
#[derive(Clone)]
pub struct Caller {
    pub tenant: String,
    pub key: String,
}

impl Caller {
    pub fn acme() -> Self {
        Self { tenant: TENANT.to_owned(), key: SAMPLE_KEY.to_owned() }
    }

    pub fn info(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=CUSTOMERS);
        self.look_up(&format!("urn=cu.00.{number}"))
    }

    pub fn info_by_external_id(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=CUSTOMERS);
        self.look_up(&format!("exId=bench-{number}"))
    }

    /// Info of the customer that the query names.
    pub fn look_up(&self, query: &str) -> Vec<u8> {
        self.head("GET", &format!("info?{query}"), "").into_bytes()
    }

    pub fn validate(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=2 * CUSTOMERS);
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

    pub fn update(&self) -> Vec<u8> {
        let number = rand::rng().random_range(1..=CUSTOMERS);
        let name: u32 = rand::random();
        let body = format!(r#"{{"customer":{{"customerUrn":"cu.00.{number}","firstName":"Jane {name}"}}}}"#);
        self.post("update", &body)
    }

    fn post(&self, endpoint: &str, body: &str) -> Vec<u8> {
        let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        (self.head("POST", endpoint, &headers) + body).into_bytes()
    }

    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let Self { tenant, key } = self;
        format!(
            "{method} /api/c2a/customer/{path} HTTP/1.1\r\nhost: bench\r\nx-tn: {tenant}\r\nx-api-key: {key}\r\n{headers}\r\n"
        )
    }
}
