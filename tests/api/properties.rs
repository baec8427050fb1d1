//! What holds for every input: the two endpoints that speak of an external id agree, and no body or query,
//! however hostile, is answered with anything but our envelope and a 4xx.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::support::{
    Reply, Server,
    customers::in_germany,
    hostile::{body, external_id, query},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_external_id_is_free_exactly_if_store_does_not_call_it_taken() {
    let server = Server::start().await;

    for_all(200, external_id(), async |id| {
        let body = in_germany(json!({ "externalIdentifier": id }));
        // Twice: free the first time in most cases, taken the second time in all that are valid.
        for _ in 0..2 {
            let (validated, stored) = (server.acme.validate(&id).await, server.acme.store(&body).await);
            let told = match (validated.status.as_u16(), &validated.json()["isAvailable"]) {
                (200, free) if *free == true => "SUCCESS",
                (200, free) if *free == false => "CUSTOMER_ALREADY_STORED",
                (400, _) => "INVALID_REQUEST",
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(stored.outcome().1, told);
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_external_id_comes_back_byte_for_byte() {
    let server = Server::start().await;

    for_all(100, external_id(), async |id| {
        let body = in_germany(json!({ "externalIdentifier": id }));
        let stored = server.acme.store(&body).await;
        if stored.status == 200 {
            let info = server.acme.info(&format!("urn={}", stored.urn())).await.json();
            prop_assert_eq!(info["result"]["externalIdentifier"].as_str(), Some(id.as_str()));
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_is_answered_with_a_server_error() {
    let server = Server::start().await;

    for_all(200, body(), async |body| {
        for endpoint in ["validate", "store", "update", "delete"] {
            let reply = server.acme.post(&format!("/api/c2a/customer/{endpoint}"), &body).await;
            check_envelope(&reply)?;
            if endpoint == "store" && reply.status == 200 {
                prop_assert_eq!(server.acme.info(&format!("urn={}", reply.urn())).await.status, 200);
            }
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bytes_are_answered_with_a_server_error() {
    let server = Server::start().await;
    let json = server.acme.with("content-type", "application/json");

    for_all(100, vec(any::<u8>(), 0..200), async |bytes| {
        for endpoint in ["validate", "store", "update", "delete"] {
            let path = format!("/api/c2a/customer/{endpoint}");
            check_envelope(&json.send(Method::POST, &path, bytes.clone()).await)?;
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_is_answered_with_a_server_error() {
    let server = Server::start().await;

    for_all(200, query(), async |query| check_envelope(&server.acme.info(&query).await));
}

/// Runs `holds` on this many inputs and shows the smallest that it does not hold for.
pub fn for_all<S: Strategy>(
    cases: u32,
    inputs: S,
    mut holds: impl AsyncFnMut(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let holds = std::cell::RefCell::new(&mut holds);
    tokio::task::block_in_place(|| {
        let outcome = TestRunner::new(config)
            .run(&inputs, |input| Handle::current().block_on((*holds.borrow_mut())(input)));
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
    });
}

/// A success or a refusal, in the envelope.
fn check_envelope(reply: &Reply) -> Result<(), TestCaseError> {
    prop_assert!(matches!(reply.status.as_u16(), 200 | 400 | 404 | 409 | 413), "{}", reply.status);
    prop_assert_eq!(reply.header("content-type"), Some("application/clientOutput+Json"));
    let body: Value = serde_json::from_slice(&reply.body)
        .map_err(|error| TestCaseError::fail(format!("no JSON: {error}")))?;
    prop_assert!(!body["status"]["messageCode"].as_str().unwrap_or_default().is_empty());
    prop_assert_eq!(body["status"]["messageCode"] == "SUCCESS", reply.status == 200);
    Ok(())
}
