//! The export: the cursor, every living customer, and the receipt; never more in memory than a page.

use azotte_customers::{domain::feed::FeedId, postgres::feed::renew::renew, sandbox::seed};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    Server,
    bodies::{customer, sample},
    eventually::eventually,
};

#[tokio::test]
async fn an_export_is_the_cursor_the_customers_and_the_receipt() {
    let server = Server::start().await;
    let erased = server.acme.store(&customer("crm-erased")).await.urn();
    let stored = server.acme.store(&sample()).await;
    server.acme.store(&customer("crm-2")).await;
    server.acme.delete(&json!({ "customerUuid": erased })).await;
    let cursor = server.acme.events("after=latest").await.cursor();

    let reply = server.acme.export("").await;

    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, Some("application/x-ndjson")));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let lines = reply.lines();
    assert_eq!(lines[0], json!({ "cursor": cursor, "status": { "messageCode": "SUCCESS" } }));
    assert_eq!(lines[1], stored.json()["result"]);
    assert_eq!(lines[2]["externalIdentifier"], "crm-2");
    let receipt =
        json!({ "summary": { "customers": 2 }, "next": null, "status": { "messageCode": "SUCCESS" } });
    assert_eq!(lines[3..], [receipt]);
}

/// What is kept as it was sent may have been written on several lines.
#[tokio::test]
async fn a_customer_is_one_line_however_its_json_was_written() {
    let server = Server::start().await;
    let body = json!({
        "customer": {
            "externalIdentifier": "crm-1",
            "legalType": "Corporate",
            "corporationInfo": { "companyName": "Acme", "further": { "a": [1, 2] } },
            "primaryBillingAddress": { "countryCode": "DE", "street": "a\nb", "further": { "a": [1, 2] } },
            "privacy": { "consent": { "given": true, "text": "a\r\nb" } },
        },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    });
    let on_lines = serde_json::to_string_pretty(&body).unwrap().replace('\n', "\r\n");
    let stored = server.acme.c2a_text("store", &on_lines).await;
    assert!(stored.text().contains('\n'), "kept as it was sent");

    let lines = server.acme.export("").await.lines();

    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1], stored.json()["result"]);
}

#[tokio::test]
async fn a_part_goes_on_under_the_cursor_of_the_first() {
    let server = Server::start().await;
    for n in 0..5 {
        server.acme.store(&customer(&format!("crm-{n}"))).await;
    }

    let mut query = "limit=2".to_owned();
    let (mut cursors, mut sizes, mut customers) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let lines = server.acme.export(&query).await.lines();
        let [first, part @ .., last] = &lines[..] else { panic!("{lines:?}") };
        cursors.push(first["cursor"].clone());
        sizes.push(part.len());
        customers.extend(part.iter().map(|customer| customer["externalIdentifier"].clone()));
        let Some(next) = last["next"].as_str() else { break };
        // What happens meanwhile is in the feed, after the first cursor.
        server.acme.update(&json!({ "customer": { "externalIdentifier": "crm-0", "lastName": next } })).await;
        query = format!("limit=2&after={next}");
    }

    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(customers, ["crm-0", "crm-1", "crm-2", "crm-3", "crm-4"]);
    assert!(cursors.iter().all(|cursor| *cursor == cursors[0]), "{cursors:?}");
}

#[tokio::test]
async fn what_is_no_place_in_the_export_is_refused_and_a_place_in_another_feed_is_gone() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    server.acme.store(&customer("crm-2")).await;
    let cursor = server.acme.events("").await.cursor();
    let lines = server.acme.export("limit=1").await.lines();
    let next = lines.last().unwrap()["next"].as_str().unwrap();

    for query in ["limit=0", "limit=100001", "after=", &format!("after={cursor}")] {
        assert_eq!(server.acme.export(query).await.outcome(), (400, "INVALID_REQUEST".to_owned()), "{query}");
    }
    assert_eq!(server.acme.export(&format!("after={next}")).await.status, 200);
    renew(&server.pool, seed::TENANT_ID, FeedId::generate()).await.unwrap();
    assert_eq!(
        server.acme.export(&format!("after={next}")).await.outcome(),
        (410, "CURSOR_EXPIRED".to_owned())
    );
}

/// More than the sockets hold, so that the server has to wait for the client.
const MANY: i64 = 3000;

#[tokio::test]
async fn an_export_waits_for_its_client_and_a_tenant_has_two() {
    let server = Server::start().await;
    many_customers(&server).await;
    let mut first = begin(&server).await;
    let second = begin(&server).await;

    assert_eq!(server.acme.export("").await.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    let other = server.tenant("other").await.client;
    assert_eq!(other.export("").await.status, 200);
    drop(second);
    eventually("the place of who hung up is free", async || {
        server.acme.export("limit=1").await.status == 200
    })
    .await;

    let lines = rest(&mut first).await;
    assert_eq!(lines.len() as i64, MANY + 2);
    assert_eq!(lines.last().unwrap()["summary"]["customers"], MANY);
}

#[tokio::test]
async fn an_export_that_fails_ends_with_the_failure_and_without_the_receipt() {
    let server = Server::start().await;
    many_customers(&server).await;
    let mut export = begin(&server).await;

    server.connections.close().await;

    let lines = rest(&mut export).await;
    let last = lines.last().unwrap();
    assert!((lines.len() as i64) < MANY, "it was sent before it could fail");
    assert_eq!(last["status"]["messageCode"], "SERVICE_UNAVAILABLE");
    assert!(last["summary"].is_null());
    assert_eq!(last["status"]["correlationId"], export.headers()["x-correlation-id"].to_str().unwrap());
}

async fn many_customers(server: &Server) {
    let insert = "insert into customers
            (tenant_id, number, external_id, legal_type, country_code, language_code, status, privacy)
        select $1, number, 'crm-' || number, 'Individual', 'DE', 'de', 'Active',
            json_build_object('text', repeat('x', 8000))
        from generate_series(1, $2) as number";
    sqlx::query(insert).bind(seed::TENANT_ID.0).bind(MANY).execute(&server.pool).await.unwrap();
}

/// An answer of which nothing is read.
async fn begin(server: &Server) -> Response {
    let url = format!("http://{}/api/c2a/customer/export", server.address);
    let client = reqwest::Client::new();
    let request = client
        .get(url)
        .header("x-tn", seed::TENANT_ID.to_string())
        .header("x-api-key", azotte_customers::domain::api_key::SAMPLE_KEY);
    request.send().await.unwrap()
}

async fn rest(response: &mut Response) -> Vec<Value> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
