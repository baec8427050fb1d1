//! `DELETE /v1/Customers/{id}` and C2A `delete`: one erasure, whichever door it is asked for at.

use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Server, bodies,
    partners::{MARK, RESELLER, customer_with, marked, rows, traces},
    tokens::Token,
};

#[tokio::test]
async fn erased_by_the_partner_a_customer_is_nowhere() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    let urn = server.acme.info(&format!("exId={id}")).await.urn();
    assert_eq!(traces(&server, id).await, [16, 1, 2]);

    let reply = server.csp().erase(id).await;

    assert_eq!(reply.status, 202);
    assert!(reply.body.is_empty());
    assert_eq!(traces(&server, id).await, [0, 0, 0]);
    assert_eq!(server.csp().get(id).await.status, 404);
    for query in [format!("exId={id}"), format!("urn={urn}")] {
        assert_eq!(server.acme.info(&query).await.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    }
}

#[tokio::test]
async fn erased_by_c2a_a_customer_is_nowhere() {
    let server = Server::with_partners().await;
    for by in ["customerUuid", "externalId"] {
        let id = server.csp().created(&marked(Uuid::new_v4())).await;
        let urn = server.acme.info(&format!("exId={id}")).await.urn();
        let name = if by == "customerUuid" { urn } else { id.to_string() };

        assert_eq!(server.acme.delete(&json!({ by: name })).await.status, 200);

        assert_eq!(traces(&server, id).await, [0, 0, 0], "{by}");
        assert_eq!(server.csp().get(id).await.status, 404);
        assert_eq!(server.csp().list("").await.json()["totalCount"], 0);
    }
}

/// Contacts that could not be read are kept elsewhere; they go all the same.
#[tokio::test]
async fn contacts_kept_as_text_go_too() {
    let server = Server::with_partners().await;
    let as_text = json!({ "email": format!("{MARK} at home"), "phone": format!("ask {MARK}") });
    let id = server.csp().created(&bodies::merged(marked(Uuid::new_v4()), as_text)).await;

    assert_eq!(server.csp().erase(id).await.status, 202);

    assert_eq!(traces(&server, id).await, [0, 0, 0]);
}

#[tokio::test]
async fn what_was_corrected_in_between_goes_too() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    let urn = server.acme.info(&format!("exId={id}")).await.urn();
    let renamed = json!({ "externalIdentifier": format!("crm-{MARK}"), "lastName": format!("new-{MARK}") });
    assert_eq!(server.acme.update(&bodies::change(&urn, renamed)).await.status, 200);

    assert_eq!(server.csp().erase(id).await.status, 202);

    assert_eq!(traces(&server, id).await, [0, 0, 0]);
}

#[tokio::test]
async fn an_erased_id_is_free_again() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();

    for _ in 0..3 {
        assert_eq!(server.csp().create(&marked(id)).await.status, 201);
        assert_eq!(server.csp().erase(id).await.status, 202);
        assert_eq!(server.csp().erase(id).await.status, 404, "it is gone");
    }
    assert_eq!(rows(&server.pool).await, [3, 6, 3, 0, 0]);
}

#[tokio::test]
async fn one_event_tells_of_the_erasure() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    let request = Uuid::new_v4();

    server.csp().with("x-correlation-id", &request.to_string()).erase(id).await;

    let event: (String, i64, Uuid, bool) = sqlx::query_as(
        "select kind, version, correlation_id, actor like 'token:%' from customer_events order by id desc limit 1",
    )
    .fetch_one(&server.pool)
    .await
    .unwrap();
    assert_eq!(event, ("erased".to_owned(), 2, request, true));
}

#[tokio::test]
async fn only_the_one_customer_is_erased() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    let other = customer_with("bea", json!({ "resellerId": RESELLER, "internalIdentifier": "7" }));
    let other = server.csp().created(&other).await;
    let before = server.csp().get(other).await.json();

    assert_eq!(server.csp().erase(id).await.status, 202);

    assert_eq!(server.csp().get(other).await.json(), before);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_erased() {
    let server = Server::with_partners().await;
    let other = server.tenant("other").await;
    let csp = server.partner_at("other.example.com", &Token::csp(other.id));
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    let before = rows(&server.pool).await;

    let unknown = csp.erase(Uuid::new_v4()).await;
    assert_eq!((unknown.status.as_u16(), unknown.properties()), (404, vec![]));
    assert_eq!(csp.erase(id).await.told(), unknown.told(), "another tenant's");
    assert_eq!(csp.erase("string").await.told(), unknown.told());
    assert_eq!(rows(&server.pool).await, before);
    assert_eq!(server.csp().get(id).await.status, 200);
}
