//! Connections: how many there are, and that a client keeps one only while it makes progress. Each hostile client holds
//! every connection there may be; the guard gives them back.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{Server, eventually::eventually};

const MOST: usize = 3;
/// A second for the head, a second to take an answer, two between requests, three connections.
const SHORT: [&str; 8] =
    ["--header-timeout-s", "1", "--body-timeout-s", "1", "--idle-timeout-s", "2", "--max-connections", "3"];
/// The same, with all the time there is.
const LONG: [&str; 8] = [
    "--header-timeout-s",
    "300",
    "--body-timeout-s",
    "300",
    "--idle-timeout-s",
    "300",
    "--max-connections",
    "3",
];

#[tokio::test]
async fn one_connection_too_many_is_closed_until_another_is() {
    let server = Server::start_with(&["--max-connections", "2"]).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(connect_and_ask(&server).await.unwrap());
    }

    assert!(connect_and_ask(&server).await.is_none());
    let roomy = Server::start_with(&["--max-connections", "3"]).await;
    for _ in 0..3 {
        open.insert(0, connect_and_ask(&roomy).await.expect("with room for one more it is served"));
    }

    open.pop();
    eventually("there is room again", async || connect_and_ask(&server).await.is_some()).await;
}

/// Over HTTP/2: HTTP/1 has the time-out for heads.
#[tokio::test]
async fn a_connection_that_says_no_more_is_closed() {
    let server = Server::start_with(&["--idle-timeout-s", "1"]).await;
    let mut silent = say_hello_over_http2(&server).await;

    let mut said = Vec::new();
    silent.read_to_end(&mut said).await.ok();

    assert!(!said.is_empty(), "it spoke HTTP/2 before");
}

/// The control.
#[tokio::test]
async fn a_connection_that_may_be_silent_for_longer_stays() {
    let server = Server::start_with(&["--idle-timeout-s", "300"]).await;
    let mut silent = say_hello_over_http2(&server).await;

    let closed = timeout(Duration::from_secs(3), silent.read_to_end(&mut Vec::new())).await;

    assert!(closed.is_err(), "still open");
}

async fn say_hello_over_http2(server: &Server) -> TcpStream {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    connection.write_all(&SETTINGS).await.unwrap();
    connection
}

/// Every connection taken by a client that `harasses` it for ever: with time limits another client gets in, without it
/// does not.
async fn is_let_go<F: Future<Output = ()> + Send + 'static>(harass: fn(TcpStream) -> F) {
    for (flags, is_guarded) in [(LONG, false), (SHORT, true)] {
        let server = Server::start_with(&flags).await;
        let mut hostile = Vec::new();
        for _ in 0..MOST {
            let connection = TcpStream::connect(server.address).await.unwrap();
            hostile.push(tokio::spawn(harass(connection)));
        }
        // Connections are admitted in no order: one that asks now could take the place of one of these.
        sleep(Duration::from_millis(300)).await;
        eventually("every connection is taken", async || connect_and_ask(&server).await.is_none()).await;

        if is_guarded {
            eventually("another client gets in", async || connect_and_ask(&server).await.is_some()).await;
        } else {
            sleep(Duration::from_secs(4)).await;
            assert!(connect_and_ask(&server).await.is_none(), "the control: nothing gives them back");
        }
        hostile.iter().for_each(|client| client.abort());
    }
}

#[tokio::test]
async fn asking_without_reading_holds_no_connection() {
    is_let_go(|mut connection| async move {
        let request = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: test\r\n\r\n".repeat(200);
        connection.write_all(&request).await.ok();
        std::future::pending().await
    })
    .await;
}

#[tokio::test]
async fn pings_without_requests_hold_no_connection() {
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    is_let_go(|mut connection| async move {
        connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.ok();
        connection.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.ok();
        while connection.write_all(&PING).await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
        std::future::pending().await
    })
    .await;
}

#[tokio::test]
async fn a_head_byte_by_byte_holds_no_connection() {
    is_let_go(|mut connection| async move {
        connection.write_all(b"GET / HTTP/1.1\r\nx: ").await.ok();
        while connection.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
        std::future::pending().await
    })
    .await;
}

#[tokio::test]
async fn between_two_requests_a_connection_may_rest_for_longer_than_a_head_may_take() {
    let server =
        Server::start_with(&["--header-timeout-s", "1", "--body-timeout-s", "1", "--idle-timeout-s", "60"])
            .await;
    let mut connection = connect_and_ask(&server).await.unwrap();
    read_rest(&mut connection).await;

    sleep(Duration::from_millis(2500)).await;

    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let answer = read_rest(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("keep-alive: timeout=60\r\n"), "{answer}");
}

/// Reads on for as long as the client reads slowly, too.
#[tokio::test]
async fn a_slow_reader_that_reads_keeps_its_connection() {
    let server = Server::start_with(&SHORT).await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let requests = 40;
    let request = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: test\r\n\r\n".repeat(requests);
    connection.write_all(&request).await.unwrap();

    let (mut read, mut buffer) = (0, vec![0; 512 * 1024]);
    for _ in 0..12 {
        sleep(Duration::from_millis(300)).await;
        read += connection.read(&mut buffer).await.unwrap();
    }

    assert!(read > 1024 * 1024, "only {read}");
}

#[tokio::test]
async fn a_head_is_at_most_32_kib() {
    let server = Server::start().await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: test\r\n").await.unwrap();

    let mut sent = 0;
    while sent < 1024 * 1024 && connection.write_all(&[b'x'; 1024]).await.is_ok() {
        sent += 1024;
    }
    let mut answer = Vec::new();
    timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await.expect("an end").ok();

    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn many_small_header_fields_are_answered_as_few_are() {
    let server = Server::start().await;
    let mut client = server.acme.clone();
    for n in 0..250 {
        client = client.with(&format!("x-{n}"), "1");
    }

    assert_eq!(client.info("exId=crm-1").await.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn more_header_fields_than_256_are_refused() {
    let server = Server::start().await;
    let fields: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection
        .write_all(format!("GET /health/live HTTP/1.1\r\nhost: test\r\n{fields}\r\n").as_bytes())
        .await
        .unwrap();

    let mut answer = Vec::new();
    timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await.expect("an end").ok();

    assert!(answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
}

/// A connection that has had an answer; `None` where it was closed instead.
async fn connect_and_ask(server: &Server) -> Option<TcpStream> {
    let mut connection = TcpStream::connect(server.address).await.ok()?;
    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: test\r\n\r\n").await.ok()?;
    let mut answer = [0; 15];
    connection.read_exact(&mut answer).await.ok()?;
    Some(connection)
}

async fn read_rest(connection: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = connection.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}
