//! One request, one connection. Anything but a whole answer is no answer: the server may be dead.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;
use uuid::Uuid;

use azotte_customers::{domain::api_key::SAMPLE_KEY, sandbox::seed};

/// Longer than the server may take for anything.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Reply {
    pub status: u16,
    pub body: Value,
}

pub fn post(address: SocketAddr, endpoint: &str, correlation_id: Uuid, body: &Value) -> Option<Reply> {
    let body = body.to_string();
    let head = format!(
        "POST /api/c2a/customer/{endpoint} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         x-tn: {}\r\nx-api-key: {SAMPLE_KEY}\r\nx-correlation-id: {correlation_id}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        seed::TENANT_ID,
        body.len()
    );
    exchange(address, &(head + &body))
}

fn exchange(address: SocketAddr, request: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    if length.parse() != Ok(body.len()) {
        return None;
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, body: serde_json::from_str(body).ok()? })
}

/// The answers to a body of lines. `None`: none of them came, or not the receipt.
pub fn post_lines(address: SocketAddr, lines: &str) -> Option<Vec<Value>> {
    let head = format!(
        "POST /api/c2a/customer/bulk HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         x-tn: {}\r\nx-api-key: {SAMPLE_KEY}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        seed::TENANT_ID,
        lines.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(4 * PATIENCE)).ok()?;
    stream.write_all((head + lines).as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    // Between the parts of the answer stand their lengths.
    let lines = unchunked(answer.split_once("\r\n\r\n")?.1)?;
    let lines: Option<Vec<Value>> = lines.lines().map(|line| serde_json::from_str(line).ok()).collect();
    lines.filter(|lines| lines.last().is_some_and(|last| last["summary"].is_object()))
}

fn unchunked(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.push_str(rest.get(..length)?);
        body = rest.get(length + 2..)?;
    }
}
