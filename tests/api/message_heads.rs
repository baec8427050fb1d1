//! HTTP/1.1 heads that servers in a row may read differently: none is taken, and the connection closes.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Server;

#[tokio::test]
async fn a_head_names_exactly_one_host() {
    let server = Server::start().await;
    for hosts in [
        "",
        "Host: \r\n",
        "Host: a.example\r\nHost: b.example\r\n",
        "Host: a.example, b.example\r\n",
        "Host: someone@a.example\r\n",
        "Host: a.example/path\r\n",
        "Host: a b\r\n",
        "Host: a.example:port\r\n",
        "Host: a.example:99999\r\n",
        "Host: :8080\r\n",
    ] {
        let answer = answer_to(&server, hosts, "").await;

        assert!(answer.starts_with("HTTP/1.1 400 ") && closes(&answer), "{hosts:?}: {answer}");
    }
    for host in ["a.example", "A.example:8080", "127.0.0.1", "[::1]:8080", "a.example:"] {
        let answer = answer_to(&server, &format!("Host: {host}\r\n"), "").await;

        assert!(answer.starts_with("HTTP/1.1 401 ") && !closes(&answer), "{host}: {answer}");
    }
}

#[tokio::test]
async fn a_message_is_chunked_or_not_coded_at_all() {
    let server = Server::start().await;
    for (codings, status) in [
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501),
        ("Transfer-Encoding: identity, chunked\r\n", 501),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ] {
        let answer = answer_to(&server, "Host: test\r\n", codings).await;

        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && closes(&answer),
            "{codings:?}: {answer}"
        );
    }
    for coding in ["chunked", "Chunked"] {
        let answer = answer_to(&server, "Host: test\r\n", &format!("Transfer-Encoding: {coding}\r\n")).await;

        assert!(answer.starts_with("HTTP/1.1 401 ") && !closes(&answer), "{coding}: {answer}");
    }
}

/// Everything up to the end of the answer's head, to a stranger's request: 401 where the head is taken.
async fn answer_to(server: &Server, host: &str, codings: &str) -> String {
    let head = format!("POST /api/c2a/customer/info HTTP/1.1\r\n{host}{codings}\r\n");
    let body = if codings.is_empty() { "" } else { "0\r\n\r\n" };
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        assert_ne!(
            connection.read_buf(&mut answer).await.unwrap(),
            0,
            "closed without an answer to {head:?}"
        );
    }
    String::from_utf8(answer).unwrap()
}

fn closes(answer: &str) -> bool {
    answer.to_ascii_lowercase().contains("connection: close")
}
