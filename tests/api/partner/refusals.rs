//! Bodies, routes and methods that are not for this surface, each told in its error object.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Client, Server,
    partners::{INSTANCE, customer, customer_with, rows},
};

const PATH: &str = "/v1/Customers";

async fn posted(client: &Client, body: &str) -> (u16, String, Vec<String>) {
    let reply = client.post(PATH, body).await;
    let kind = reply.json()["type"].as_str().unwrap().to_owned();
    (reply.status.as_u16(), kind, reply.properties())
}

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    let server = Server::with_partners().await;

    for body in ["", " ", "{", "[]", "null", "5", "\"a\"", "{}{}", "{'id':1}", "<a/>", "id=1", "{\"id\":}"] {
        assert_eq!(
            posted(&server.csp(), body).await,
            (400, "MalformedRequest".to_owned(), vec![]),
            "{body:?}"
        );
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn json_that_cannot_be_stored_is_told_by_property() {
    let server = Server::with_partners().await;
    let with = |property: &str| customer("ana").to_string().replacen('{', &format!("{{{property},"), 1);

    for (property, path) in [
        (r#""taxId":"1","taxId":"2""#, "taxId"),
        (r#""taxId":"\u0000""#, "taxId"),
        (r#""taxId":"\ud800""#, "taxId"),
    ] {
        let expected = (400, "ValidationError".to_owned(), vec![path.to_owned()]);
        assert_eq!(posted(&server.csp(), &with(property)).await, expected, "{property}");
    }
}

#[tokio::test]
async fn a_body_is_plain_json_of_64_kib_at_most() {
    let server = Server::with_partners().await;
    let body = customer("ana").to_string();

    for content_type in
        ["text/plain", "application/xml", "application/jsonx", "application/json; charset=latin1"]
    {
        let (status, kind, _) = posted(&server.csp().with("content-type", content_type), &body).await;
        assert_eq!((status, kind.as_str()), (415, "UnsupportedMediaType"), "{content_type}");
    }
    let (status, kind, _) = posted(&server.csp().with("content-encoding", "gzip"), &body).await;
    assert_eq!((status, kind.as_str()), (415, "UnsupportedMediaType"));
    let (status, kind, _) = posted(&server.csp(), &format!("{body}{}", " ".repeat(64 * 1024))).await;
    assert_eq!((status, kind.as_str()), (413, "PayloadTooLarge"));
    assert_eq!(rows(&server.pool).await, [0; 5]);

    let padded = format!("{body}{}", " ".repeat(64 * 1024 - body.len()));
    let plain = server.csp().with("content-type", "Application/JSON; charset=UTF-8");
    assert_eq!(plain.post(PATH, &padded).await.status, 201);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_told_as_such() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();

    for (method, path, status, kind, allow) in [
        (Method::GET, format!("{PATH}/"), 404, "NotFound", None),
        (Method::POST, format!("{PATH}/"), 404, "NotFound", None),
        (Method::GET, format!("{PATH}/{id}/more"), 404, "NotFound", None),
        (Method::POST, format!("{PATH}/{id}/more"), 404, "NotFound", None),
        (Method::PUT, PATH.to_owned(), 405, "MethodNotAllowed", Some("POST,GET,HEAD")),
        (Method::DELETE, PATH.to_owned(), 405, "MethodNotAllowed", Some("POST,GET,HEAD")),
        (Method::POST, format!("{PATH}/{id}"), 405, "MethodNotAllowed", Some("GET,HEAD,DELETE")),
        (Method::PATCH, format!("{PATH}/{id}"), 405, "MethodNotAllowed", Some("GET,HEAD,DELETE")),
    ] {
        let reply = server.csp().send(method.clone(), &path, "").await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        assert_eq!(reply.properties(), [""; 0]);
        assert_eq!(reply.json()["type"], kind);
    }
}

#[tokio::test]
async fn an_error_has_the_id_of_its_request() {
    let server = Server::with_partners().await;
    let request = Uuid::new_v4().to_string();
    let csp = server.csp().with("x-correlation-id", &request);

    let taken = customer_with("ana", json!({ "id": Uuid::new_v4() }));
    csp.created(&taken).await;
    for reply in [
        csp.create(&json!({})).await,
        csp.post(PATH, "{").await,
        csp.create(&customer("ana")).await,
        csp.get(Uuid::new_v4()).await,
        csp.list("pageSize=0").await,
    ] {
        assert_eq!(reply.json()["correlationId"], request);
        assert_eq!(reply.header("x-correlation-id"), Some(request.as_str()));
    }
    let minted = server.csp().with("x-correlation-id", "not a uuid").get(Uuid::new_v4()).await;
    let minted: Uuid = minted.json()["correlationId"].as_str().unwrap().parse().unwrap();
    assert_eq!(minted.get_version_num(), 7);
}

/// A table is away: what the database says is for the log.
#[tokio::test]
async fn a_failure_of_the_database_is_500_and_tells_nothing_of_it() {
    let server = Server::with_partners().await;
    sqlx::query("alter table provider_customers rename to elsewhere").execute(&server.pool).await.unwrap();
    let providers = json!({ "providerCustomers": { INSTANCE.to_string(): {} } });

    for reply in [server.csp().list("").await, server.csp().create(&customer_with("ana", providers)).await] {
        assert_eq!((reply.status.as_u16(), reply.properties()), (500, vec![]));
        assert_eq!(reply.json()["type"], "InternalServerError");
        for word in ["provider_customers", "relation \"", "sqlx", "select"] {
            assert!(!reply.text().contains(word), "{}", reply.text());
        }
    }
    assert_eq!(server.counts().await, (0, 0), "all or nothing");
}

/// Locked out of the record, or without a database from the look-up of the tenant on.
#[tokio::test]
async fn without_the_database_everything_is_unavailable_and_worth_another_try() {
    let server = Server::start_with(&["--db-lock-timeout-ms", "300"]).await;
    let (csp, id) = (server.csp(), Uuid::new_v4());
    let everything = async || {
        for reply in
            [csp.create(&customer("ana")).await, csp.get(id).await, csp.list("").await, csp.erase(id).await]
        {
            assert_eq!((reply.status.as_u16(), reply.properties()), (503, vec![]));
            assert_eq!(reply.json()["type"], "ServiceUnavailable");
            assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        }
    };

    let mut other = server.pool.begin().await.unwrap();
    sqlx::query("lock table customers in access exclusive mode").execute(&mut *other).await.unwrap();
    everything().await;
    other.rollback().await.unwrap();
    assert_eq!(csp.create(&customer("ana")).await.status, 201);

    server.connections.close().await;
    everything().await;
}
