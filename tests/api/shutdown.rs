//! A server that is told to stop: clients learn it before it goes.

use reqwest::Method;

use crate::support::{Client, Reply, Server, bodies::customer, eventually::eventually};

/// Longer than the requests of a test take, on a slow machine too.
const DELAY: &str = "5";

#[tokio::test]
async fn a_server_that_is_about_to_stop_says_so_and_still_takes_requests() {
    let server = Server::start_with(&["--shutdown-delay-s", DELAY]).await;
    let (acme, ops, address) = (server.acme.clone(), server.ops.clone(), server.address);
    assert_eq!(acme.store(&customer("crm-1")).await.header("connection"), None);

    let stopping = tokio::spawn(server.stop());
    eventually("it is not ready", async || ready(&ops).await.status == 503).await;

    assert_eq!(ready(&ops).await.json()["reason"], "the server is about to stop");
    assert_eq!(ready(&Client::stranger(address)).await.status, 503);
    for n in 2..5 {
        let stored = acme.store(&customer(&format!("crm-{n}"))).await;
        assert_eq!((stored.status.as_u16(), stored.header("connection")), (200, Some("close")));
    }
    stopping.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "it is gone");
}

async fn ready(client: &Client) -> Reply {
    client.send(Method::GET, "/health/ready", "").await
}
