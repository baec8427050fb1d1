//! What bulk takes on, and what becomes of clients that are slow, late, or gone.

use std::time::Duration;

use azotte_customers::domain::api_key::SAMPLE_KEY;
use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::bulk::store;
use crate::support::{Server, clock::TurnedClock, database, eventually::eventually, ndjson};

fn lines(name: &str, count: usize) -> Vec<Value> {
    (0..count).map(|n| store(&format!("{name}-{n}"), json!({}))).collect()
}

/// A request whose body comes in parts.
struct Slow(TcpStream);

impl Slow {
    async fn begin(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST /api/c2a/customer/bulk HTTP/1.1\r\nhost: test\r\nx-tn: {}\r\nx-api-key: {SAMPLE_KEY}\r\n\
             content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            seed::TENANT_ID
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.unwrap();
    }

    async fn end(&mut self) {
        self.0.write_all(b"0\r\n\r\n").await.unwrap();
    }

    /// All of the answer.
    async fn answer(mut self) -> String {
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

async fn customers(server: &Server) -> i64 {
    server.counts().await.0
}

#[tokio::test]
async fn a_body_has_10_000_lines_and_what_was_answered_stands() {
    let server = Server::start().await;
    let blank = "\n".repeat(9_000);
    let body = |count: usize| blank.clone() + &ndjson(&lines("crm", count));

    let most = server.acme.bulk_with("dryRun=true", body(1000)).await.lines();
    assert_eq!((most.len(), &most[1000]["summary"]["lines"]), (1001, &json!(1000)));
    let more = server.acme.bulk_with("dryRun=true", body(1001)).await;
    let answers = more.lines();
    assert_eq!((more.status.as_u16(), answers.len()), (200, 1001));
    let last = answers.last().unwrap();
    assert_eq!(
        (&last["status"]["messageCode"], &last["summary"]),
        (&json!("PAYLOAD_TOO_LARGE"), &Value::Null)
    );

    let nothing_done = server.acme.bulk_with("", "\n".repeat(10_001)).await;
    assert_eq!(nothing_done.outcome(), (413, "PAYLOAD_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn a_body_has_16_mib_announced_or_not() {
    let server = Server::start().await;
    let announced = server.acme.with("content-type", "application/x-ndjson");
    let reply = announced.post_raw("/api/c2a/customer/bulk", &["content-length: 16777217"], b"").await;
    assert_eq!(reply.outcome(), (413, "PAYLOAD_TOO_LARGE".to_owned()));

    let line = store("a", json!({ "x": "x".repeat(60_000) })).to_string() + "\n";
    let many = 16 * 1024 * 1024 / line.len();
    let most = server.acme.bulk_with("dryRun=true", line.repeat(many)).await.lines();
    assert_eq!(most.last().unwrap()["summary"]["lines"], json!(many));
    let mut request = Slow::begin(&server).await;
    let sent = async {
        for _ in 0..=many {
            request.send(&line).await;
        }
        request.end().await;
        request.answer().await
    };
    assert!(sent.await.trim_end().lines().rev().any(|line| line.contains("PAYLOAD_TOO_LARGE")));
}

#[tokio::test]
async fn a_tenant_has_two_at_a_time_and_another_has_its_own() {
    let server = Server::start_with(&["--bulk-at-once", "6"]).await;
    let other = server.tenant("other").await.client;
    let mut held = Vec::new();
    for name in ["a", "b"] {
        let mut slow = Slow::begin(&server).await;
        slow.send(&ndjson(&lines(name, 500))).await;
        held.push(slow);
    }
    eventually("both have begun", async || customers(&server).await == 1000).await;
    let free = async || server.acme.bulk_with("dryRun=true", ndjson(&lines("x", 1))).await;

    let refused = free().await;
    assert_eq!(refused.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(other.bulk(&lines("x", 1)).await.status, 200);
    drop(held);
    eventually("the place of who hung up is free", async || free().await.status == 200).await;
}

/// Slow imports do not keep others out.
#[tokio::test]
async fn a_slow_import_is_no_request_in_flight() {
    let server = Server::start_with(&["--max-in-flight", "2", "--bulk-at-once", "1"]).await;
    let other = server.tenant("other").await.client;
    let mut slow = Slow::begin(&server).await;
    slow.send("\n").await;
    eventually("it has begun", async || {
        other.bulk_with("dryRun=true", ndjson(&lines("x", 1))).await.status == 503
    })
    .await;

    for _ in 0..5 {
        assert_eq!(server.acme.validate("crm-1").await.status, 200);
    }
    slow.end().await;
    assert!(slow.answer().await.contains("\"lines\":0"));
}

#[tokio::test]
async fn an_import_counts_as_a_request_for_each_50_lines() {
    let clock = TurnedClock::new();
    let flags = ["--rate-limit", "1", "--rate-burst", "100"];
    let server = Server::start_at(clock.shared(), database::create().await, &flags).await;

    let first = server.acme.bulk(&lines("a", 50)).await;
    assert_eq!(first.header("ratelimit-remaining"), Some("99"));
    server.acme.bulk(&lines("b", 501)).await;

    let then = server.acme.validate("x").await;
    assert_eq!(then.header("ratelimit-remaining"), Some("87"), "100 - 1 - 11 - 1");
}

/// It is slowed down; no request is answered 429 after it has begun.
#[tokio::test]
async fn an_import_waits_for_its_quota() {
    let clock = TurnedClock::new();
    let flags = ["--rate-limit", "1", "--rate-burst", "2"];
    let server = Server::start_at(clock.shared(), database::create().await, &flags).await;
    let acme = server.acme.clone();
    let import = tokio::spawn(async move { acme.bulk(&lines("a", 101)).await });

    // It needs three, and has two: no more come while the clock stands still.
    eventually("it is through", async || {
        clock.turn(Duration::from_millis(100));
        import.is_finished()
    })
    .await;

    let reply = import.await.unwrap();
    assert_eq!(reply.lines().last().unwrap()["summary"]["created"], 101);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_as_long_as_it_may() {
    let server = Server::start_with(&["--bulk-timeout-s", "1"]).await;
    let nothing = Slow::begin(&server).await;
    assert!(nothing.answer().await.starts_with("HTTP/1.1 408 "));

    let mut half = Slow::begin(&server).await;
    half.send(&ndjson(&lines("a", 600))).await;
    let answer = half.answer().await;

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains(r#""line":500,"#) && !answer.contains(r#""line":501,"#));
    assert!(answer.contains("REQUEST_TIMEOUT") && !answer.contains("summary"));
    assert_eq!(customers(&server).await, 500, "what was answered");
}

/// What was begun is carried out, what was not is not, and the same again comes to the same.
#[tokio::test]
async fn a_body_that_breaks_off_is_sent_again() {
    let server = Server::start().await;
    let all: Vec<_> =
        (0..1200).map(|n| super::bulk::upsert(&format!("crm-{n}"), json!({ "firstName": "x" }))).collect();
    let mut broken = Slow::begin(&server).await;
    broken.send(&ndjson(&all[..700])).await;
    eventually("a batch is carried out", async || customers(&server).await == 500).await;
    broken.0.write_all(b"ffff\r\n{\"operation\":\"store\"").await.unwrap();
    drop(broken);

    let again = server.acme.bulk(&all).await.lines();

    let receipt = &again.last().unwrap()["summary"];
    assert_eq!((&receipt["unchanged"], &receipt["created"]), (&json!(500), &json!(700)));
    assert_eq!(server.counts().await, (1200, 1200));
}

/// More than the sockets hold, both ways: a client that writes all before it reads gets all.
#[tokio::test]
async fn a_client_that_reads_late_gets_all_of_the_answer() {
    let server = Server::start().await;
    let wrong = store("a", json!({ "email": "no", "phoneNumber": "no", "gender": "no" })).to_string() + "\n";
    let mut late = Slow::begin(&server).await;
    for _ in 0..20 {
        late.send(&wrong.repeat(500)).await;
    }
    late.end().await;
    let answer = late.answer().await;

    assert_eq!(answer.matches("\"outcome\":\"failed\"").count(), 10_000);
    assert!(answer.contains(r#""summary":{"lines":10000"#));
}
