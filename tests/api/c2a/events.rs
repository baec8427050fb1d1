//! One row per change, with names and never values; none for what was refused.

use serde_json::{Value, json};
use uuid::Uuid;

use azotte_customers::domain::scope::Scope;

use crate::support::{
    Server,
    bodies::{change, customer, customer_with, merged, sample},
};

#[tokio::test]
async fn every_change_writes_one_event_with_who_which_and_what() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    let (key, client) = server.key(tenant.id, Scope::ALL).await;
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let under = |n: usize| client.with("x-correlation-id", &ids[n].to_string());

    let urn = under(0).store(&sample()).await.urn();
    let properties = json!({
        "email": "jane.new@example.com",
        "gender": null,
        "firstName": "Jane",
        "privacy": { "a": 1 },
    });
    let region = json!({ "claimedRegion": { "countryCode": "AT", "languageCode": "de" } });
    under(1).update(&merged(change(&urn, properties), region)).await;
    under(2).delete(&json!({ "customerUuid": urn })).await;

    let events = events(&server).await;
    let kinds = ["stored", "updated", "erased"];
    assert_eq!(events.len(), 3);
    for (n, event) in events.iter().enumerate() {
        assert_eq!(event["kind"], kinds[n]);
        assert_eq!(event["version"], n + 1);
        assert_eq!(event["tenant_id"], tenant.id.to_string());
        assert_eq!(event["actor"], format!("key:{key}"));
        assert_eq!(event["correlation_id"], ids[n].to_string());
        assert_eq!(urn, format!("cu.00.{}", event["customer_number"]));
    }
    assert_eq!(sorted(&events[1]["changed_fields"]), ["claimedRegion", "email", "gender", "privacy"]);
}

#[tokio::test]
async fn an_event_never_holds_a_value() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    server.acme.update(&change(&urn, json!({ "firstName": "Janet", "externalIdentifier": "crm-2" }))).await;

    let events = Value::from(events(&server).await).to_string();

    for value in ["crm-", "jane", "Jane", "Doe", "170123", "Berlin", "Hauptstr"] {
        assert!(!events.contains(value), "{value}");
    }
}

#[tokio::test]
async fn a_refused_request_changes_no_row_and_writes_no_event() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    let (_, reader) = server.key(tenant.id, &[Scope::CustomerRead]).await;
    let urn = server.acme.store(&sample()).await.urn();
    let other = server.acme.store(&customer("crm-2")).await.urn();
    let before = everything(&server).await;
    let acme = &server.acme;
    let stranger = acme.without("x-api-key");
    let as_other_tenant = acme.with("x-tn", &tenant.id.to_string());

    let refused = [
        (400, acme.store(&json!({})).await),
        (400, acme.store(&customer_with("crm-3", json!({ "email": "no" }))).await),
        (400, acme.update(&change(&urn, json!({ "legalType": "Corporate" }))).await),
        (400, acme.update(&change(&urn, json!({ "status": null }))).await),
        (400, acme.delete(&json!({ "customerUuid": "crm-2" })).await),
        (401, stranger.store(&customer("crm-3")).await),
        (401, stranger.delete(&json!({ "customerUuid": urn })).await),
        (401, as_other_tenant.update(&change(&urn, json!({ "firstName": "X" }))).await),
        (403, reader.store(&customer("crm-3")).await),
        (403, reader.delete(&json!({ "customerUuid": urn })).await),
        (404, acme.update(&change("cu.00.1", json!({ "firstName": "X" }))).await),
        (404, tenant.client.update(&change(&urn, json!({ "firstName": "X" }))).await),
        (404, tenant.client.delete(&json!({ "customerUuid": urn })).await),
        (404, tenant.client.delete(&json!({ "externalIdentifier": "crm-2" })).await),
        (405, acme.send(reqwest::Method::DELETE, "/api/c2a/customer/delete", "").await),
        (409, acme.store(&sample()).await),
        (
            409,
            acme.update(&change(&other, json!({ "email": "JANE.DOE@example.com", "firstName": "X" }))).await,
        ),
        (409, acme.update(&change(&other, json!({ "externalIdentifier": "crm-9981273" }))).await),
        (413, acme.store(&customer_with("crm-3", json!({ "unknown": "x".repeat(70_000) }))).await),
        (415, acme.with("content-type", "text/plain").store(&customer("crm-3")).await),
    ];
    for (n, (status, reply)) in refused.into_iter().enumerate() {
        assert_eq!(reply.status, status, "request {n}");
    }
    assert_eq!(everything(&server).await, before);
}

#[tokio::test]
async fn reading_writes_nothing() {
    let server = Server::start().await;
    server.acme.store(&sample()).await;
    let before = everything(&server).await;

    server.acme.validate("crm-9981273").await;
    server.acme.info("exId=crm-9981273").await;

    assert_eq!(everything(&server).await, before);
}

/// Every event, the oldest first.
async fn events(server: &Server) -> Vec<Value> {
    let events = "select to_jsonb(customer_events) from customer_events order by version";
    sqlx::query_scalar(events).fetch_all(&server.pool).await.unwrap()
}

/// Rows of customers and of events, whole.
async fn everything(server: &Server) -> Vec<Value> {
    let rows = "select to_jsonb(customers) from customers
                union all
                select to_jsonb(customer_events) from customer_events";
    let mut rows: Vec<Value> = sqlx::query_scalar(rows).fetch_all(&server.pool).await.unwrap();
    rows.sort_by_key(Value::to_string);
    rows
}

fn sorted(names: &Value) -> Vec<&str> {
    let mut names: Vec<_> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}
