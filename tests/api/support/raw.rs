//! Requests that no HTTP library would send: cut short, slow, or announced and never delivered.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Client, Reply};

/// Far more than any answer takes: a server that stays silent fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

impl Client {
    /// A whole request, as bytes.
    pub fn raw_post(&self, path: &str, body: &str) -> Vec<u8> {
        let head = self.raw_head(path, &[&format!("content-length: {}", body.len())]);
        (head + body).into_bytes()
    }

    fn raw_head(&self, path: &str, lines: &[&str]) -> String {
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: test\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        for line in lines {
            head.push_str(&format!("{line}\r\n"));
        }
        head + "\r\n"
    }

    /// Posts these header lines and exactly these bytes, then waits for the answer without closing.
    pub async fn post_raw(&self, path: &str, header_lines: &[&str], bytes: &[u8]) -> Reply {
        let head = self.raw_head(path, header_lines);
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        tokio::time::timeout(PATIENCE, read_reply(&mut stream)).await.expect("an answer")
    }
}

async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut received = Vec::new();
    loop {
        if let Some(reply) = parse(&received) {
            return reply;
        }
        let read = stream.read_buf(&mut received).await.unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&received));
    }
}

/// `None` while the answer is incomplete.
fn parse(received: &[u8]) -> Option<Reply> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let length: usize =
        headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
    let body = received.get(end + 4..end + 4 + length)?.to_vec();
    Some(Reply { status: StatusCode::try_from(status).unwrap(), headers, body })
}
