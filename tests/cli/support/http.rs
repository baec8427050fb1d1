//! A small blocking client: one connection a request, and errors are values, for the server may be dead.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::{Value, json};

#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    tenant: String,
    key: String,
    correlation_id: Option<String>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Client {
    pub fn new(address: SocketAddr, tenant: &str, key: &str) -> Self {
        Self { address, tenant: tenant.to_owned(), key: key.to_owned(), correlation_id: None }
    }

    /// The same client, naming its requests.
    pub fn correlated(&self, id: &str) -> Self {
        Self { correlation_id: Some(id.to_owned()), ..self.clone() }
    }

    /// Stores a customer that has nothing but an external id.
    pub fn store(&self, external_id: &str) -> io::Result<Reply> {
        self.store_customer(&json!({ "externalIdentifier": external_id }))
    }

    pub fn store_customer(&self, customer: &Value) -> io::Result<Reply> {
        let region = json!({ "countryCode": "DE", "languageCode": "de" });
        self.post("store", &json!({ "customer": customer, "claimedRegion": region }).to_string())
    }

    /// Any text as JSON body of an endpoint.
    pub fn post(&self, endpoint: &str, body: &str) -> io::Result<Reply> {
        self.send("POST", &format!("/api/c2a/customer/{endpoint}"), "application/json", body)
    }

    /// Any text as lines of JSON.
    pub fn post_lines(&self, endpoint: &str, body: &str) -> io::Result<Reply> {
        self.send("POST", &format!("/api/c2a/customer/{endpoint}"), "application/x-ndjson", body)
    }

    /// Of `query` such as `exId=crm-1`.
    pub fn info(&self, query: &str) -> io::Result<Reply> {
        self.get(&format!("/api/c2a/customer/info?{query}"))
    }

    pub fn get(&self, path: &str) -> io::Result<Reply> {
        self.send("GET", path, "", "")
    }

    fn send(&self, method: &str, path: &str, content_type: &str, body: &str) -> io::Result<Reply> {
        let Self { address, tenant, key, .. } = self;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        head.push_str(&format!("x-tn: {tenant}\r\nx-api-key: {key}\r\n"));
        if let Some(id) = &self.correlation_id {
            head.push_str(&format!("x-correlation-id: {id}\r\n"));
        }
        if method == "POST" {
            head.push_str(&format!("content-type: {content_type}\r\ncontent-length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Reply::parse(&answer).ok_or_else(|| io::Error::other("the answer ended early"))
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn message_code(&self) -> String {
        self.json()["status"]["messageCode"].as_str().unwrap_or_default().to_owned()
    }

    /// The `customerUrn` of a stored customer.
    pub fn urn(&self) -> String {
        self.json()["result"]["customerUrn"].as_str().expect("a customerUrn").to_owned()
    }

    fn parse(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let is_whole = length.is_none_or(|length| length.parse() == Ok(body.len()));
        is_whole.then(|| Self { status, body: body.to_owned() })
    }
}
