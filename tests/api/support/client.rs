//! A tenant's backend: sends requests with its credentials and shows what came back.

use std::net::SocketAddr;

use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub(super) base: String,
    pub(super) headers: HeaderMap,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(address: SocketAddr, tenant: &str, key: &str) -> Self {
        Self::stranger(address).with("x-tn", tenant).with("x-api-key", key)
    }

    /// Without credentials.
    pub fn stranger(address: SocketAddr) -> Self {
        Self { http: reqwest::Client::new(), base: format!("http://{address}"), headers: HeaderMap::new() }
    }

    /// The same client with this header set.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        client
    }

    /// The same client with this header once more.
    pub fn adding(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        client
    }

    pub fn without(&self, name: &str) -> Self {
        let mut client = self.clone();
        client.headers.remove(name);
        client
    }

    pub async fn validate(&self, external_id: &str) -> Reply {
        self.c2a("validate", &json!({ "externalId": external_id })).await
    }

    pub async fn store(&self, body: &Value) -> Reply {
        self.c2a("store", body).await
    }

    pub async fn update(&self, body: &Value) -> Reply {
        self.c2a("update", body).await
    }

    pub async fn delete(&self, body: &Value) -> Reply {
        self.c2a("delete", body).await
    }

    /// `query` such as `urn=cu.00.482`.
    pub async fn info(&self, query: &str) -> Reply {
        self.send(Method::GET, &format!("/api/c2a/customer/info?{query}"), "").await
    }

    /// `query` such as `after=oldest`.
    pub async fn events(&self, query: &str) -> Reply {
        self.send(Method::GET, &format!("/api/c2a/customer/events?{query}"), "").await
    }

    /// `query` such as `limit=10`.
    pub async fn export(&self, query: &str) -> Reply {
        self.send(Method::GET, &format!("/api/c2a/customer/export?{query}"), "").await
    }

    /// `query` such as `dryRun=true`.
    pub async fn bulk_with(&self, query: &str, body: impl Into<reqwest::Body>) -> Reply {
        let client = self.with("content-type", "application/x-ndjson");
        client.send(Method::POST, &format!("/api/c2a/customer/bulk?{query}"), body).await
    }

    /// These lines, and the answers to them.
    pub async fn bulk(&self, lines: &[Value]) -> Reply {
        self.bulk_with("", ndjson(lines)).await
    }

    pub async fn c2a(&self, endpoint: &str, body: &Value) -> Reply {
        self.post(&format!("/api/c2a/customer/{endpoint}"), &body.to_string()).await
    }

    pub async fn c2a_text(&self, endpoint: &str, body: &str) -> Reply {
        self.post(&format!("/api/c2a/customer/{endpoint}"), body).await
    }

    /// Any text as an `application/json` body.
    pub async fn post(&self, path: &str, body: &str) -> Reply {
        let client = if self.headers.contains_key("content-type") {
            self.clone()
        } else {
            self.with("content-type", "application/json")
        };
        client.send(Method::POST, path, body.to_owned()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.http.request(method, format!("{}{path}", self.base)).headers(self.headers.clone());
        let response = request.body(body).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }
}

/// A line each.
pub fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

impl Reply {
    /// The body as JSON; `null` for an empty one.
    pub fn json(&self) -> Value {
        if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body).unwrap() }
    }

    /// The body as lines of JSON.
    pub fn lines(&self) -> Vec<Value> {
        assert!(self.body.ends_with(b"\n"));
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// `result.events`.
    pub fn events(&self) -> Vec<Value> {
        self.json()["result"]["events"].as_array().unwrap_or_else(|| panic!("{}", self.text())).clone()
    }

    /// `result.cursor`.
    pub fn cursor(&self) -> String {
        self.json()["result"]["cursor"].as_str().unwrap_or_else(|| panic!("{}", self.text())).to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and `messageCode`: what most tests look at.
    pub fn outcome(&self) -> (u16, String) {
        let code = self.json()["status"]["messageCode"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code)
    }

    /// Field and code of every error, in order.
    pub fn errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let json = self.json();
        let errors = json["status"]["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }

    /// The `customerUrn` of a stored customer.
    pub fn urn(&self) -> String {
        self.json()["result"]["customerUrn"].as_str().expect("a customerUrn").to_owned()
    }
}
