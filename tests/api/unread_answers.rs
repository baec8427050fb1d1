//! Answers that are made and never read: there are no more of them than slots, and their readers use up their own share.

use axum::{
    body::Bytes,
    http::{Request, StatusCode},
};
use azotte_customers::{domain::api_key::SAMPLE_KEY, sandbox::seed};
use h2::{
    RecvStream,
    client::{Builder, SendRequest},
};
use tokio::net::TcpStream;

use crate::support::{Server, bodies::customer, eventually::eventually};

const EIGHT_SLOTS: [&str; 2] = ["--max-in-flight", "8"];

#[tokio::test]
async fn answers_that_nobody_reads_are_no_more_than_the_share_of_their_tenant() {
    let server = Server::start_with(&EIGHT_SLOTS).await;
    server.acme.store(&customer("crm-1")).await;
    let globex = server.tenant("globex").await;
    let mut client = connect(&server, Builder::new().initial_window_size(0)).await;

    let mut unread = Vec::new();
    for _ in 0..20 {
        unread.push(ask(&mut client).await);
    }

    let statuses: Vec<_> = unread.iter().map(|(status, _)| status.as_u16()).collect();
    assert_eq!(statuses, [[200; 4].as_slice(), &[503; 16]].concat());
    for _ in 0..20 {
        assert_eq!(globex.client.info("exId=crm-1").await.status, 404);
    }
    drop((unread, client));
    eventually("they are forgotten", async || server.acme.info("exId=crm-1").await.status == 200).await;
}

/// The control: the same client, with its window open.
#[tokio::test]
async fn answers_that_are_read_are_as_many_as_are_asked_for() {
    let server = Server::start_with(&EIGHT_SLOTS).await;
    server.acme.store(&customer("crm-1")).await;
    let mut client = connect(&server, &mut Builder::new()).await;

    for _ in 0..20 {
        let (status, mut body) = ask(&mut client).await;
        assert_eq!(status, 200);
        let data = body.data().await.unwrap().unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        assert!(data.starts_with(b"{"), "{data:?}");
    }
}

/// What was handed to the protocol is not written yet: one byte of each answer may be sent, the rest waits there.
#[tokio::test]
async fn an_answer_that_is_read_in_part_is_unread() {
    let server = Server::start_with(&EIGHT_SLOTS).await;
    server.acme.store(&customer("crm-1")).await;
    let mut client = connect(&server, Builder::new().initial_window_size(1)).await;

    let mut unread = Vec::new();
    for _ in 0..4 {
        let (status, mut body) = ask(&mut client).await;
        assert_eq!((status.as_u16(), body.data().await.unwrap().unwrap().as_ref()), (200, b"{".as_slice()));
        unread.push(body);
    }

    assert_eq!(ask(&mut client).await.0, 503);
}

async fn connect(server: &Server, builder: &mut Builder) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (client, connection) = builder.handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// The head of an answer, and its body, unread.
async fn ask(client: &mut SendRequest<Bytes>) -> (StatusCode, RecvStream) {
    let request = Request::get("http://test/api/c2a/customer/info?exId=crm-1")
        .header("x-api-key", SAMPLE_KEY)
        .header("x-tn", seed::TENANT_ID.to_string())
        .body(())
        .unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    (response.status(), response.into_body())
}
