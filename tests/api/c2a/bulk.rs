//! Bulk: a line each in, a line each out, and each as its own call would be.

use azotte_customers::domain::scope::Scope;
use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{company, customer, customer_with, merged},
    ndjson,
    parallel::all_at_once,
    server::PATIENT,
};

/// A line of this kind, by this body.
pub fn line(operation: &str, body: Value) -> Value {
    merged(body, json!({ "operation": operation }))
}

pub fn store(external_id: &str, properties: Value) -> Value {
    line("store", customer_with(external_id, properties))
}

pub fn upsert(external_id: &str, properties: Value) -> Value {
    merged(store(external_id, properties), json!({ "onConflict": "update" }))
}

/// Of the customer with this external id.
pub fn update(external_id: &str, properties: Value) -> Value {
    let customer = merged(json!({ "externalIdentifier": external_id }), properties);
    line("update", json!({ "customer": customer }))
}

pub fn delete(external_id: &str) -> Value {
    line("delete", json!({ "externalIdentifier": external_id }))
}

/// Outcome and code of each line; the receipt is left out.
pub fn outcomes(reply: &Reply) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = reply.lines();
    let (receipt, answers) = lines.split_last().unwrap();
    assert!(receipt["summary"].is_object(), "{receipt}");
    answers.iter().map(|line| (text(&line["outcome"]), text(&line["status"]["messageCode"]))).collect()
}

/// The same, of lines that are all done.
fn done(reply: &Reply) -> Vec<String> {
    let outcomes = outcomes(reply).into_iter();
    outcomes.map(|(outcome, code)| if code == "SUCCESS" { outcome } else { code }).collect()
}

#[tokio::test]
async fn each_line_is_answered_and_the_receipt_is_the_last() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-2")).await;
    let erased = server.acme.store(&customer("crm-3")).await.urn();

    let reply = server
        .acme
        .bulk(&[
            merged(store("crm-1", json!({ "firstName": "Jane" })), json!({ "ref": "r-1" })),
            merged(update("crm-2", json!({ "email": "x" })), json!({ "ref": "r-2" })),
            line("delete", json!({ "ref": "r-3", "customerUrn": erased })),
        ])
        .await;

    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, Some("application/x-ndjson")));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let lines = reply.lines();
    let urn = server.acme.info("exId=crm-1").await.urn();
    let success = json!({ "messageCode": "SUCCESS" });
    let created = json!({ "line": 1, "ref": "r-1", "outcome": "created", "customerUrn": urn, "version": 1, "status": success });
    assert_eq!(lines[0], created);
    let failed =
        server.acme.update(&json!({ "customer": { "externalIdentifier": "crm-2", "email": "x" } })).await;
    let status = merged(
        failed.json()["status"].clone(),
        json!({ "correlationId": reply.header("x-correlation-id").unwrap() }),
    );
    assert_eq!(lines[1], json!({ "line": 2, "ref": "r-2", "outcome": "failed", "status": status }));
    let deleted = json!({ "line": 3, "ref": "r-3", "outcome": "deleted", "customerUrn": erased, "version": 2, "status": success });
    assert_eq!(lines[2], deleted);
    let summary = json!({
        "lines": 3, "created": 1, "updated": 0, "unchanged": 0, "existing": 0, "stale": 0, "deleted": 1, "failed": 1
    });
    assert_eq!(lines[3..], [json!({ "summary": summary, "status": success })]);
    assert_eq!(server.counts().await, (3, 4));
}

#[tokio::test]
async fn every_outcome_there_is() {
    let server = Server::start().await;
    server.acme.store(&merged(customer("known"), json!({ "sourceVersion": 5 }))).await;
    let urn = server.acme.store(&customer("erased")).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let reply = server
        .acme
        .bulk(&[
            store("new", json!({})),
            merged(store("known", json!({})), json!({ "onConflict": "return" })),
            upsert("known", json!({})),
            merged(upsert("known", json!({})), json!({ "sourceVersion": 5 })),
            merged(upsert("known", json!({})), json!({ "sourceVersion": 5, "onStale": "error" })),
            upsert("known", json!({ "firstName": "Jane" })),
            update("known", json!({ "firstName": "Joan" })),
            merged(store("known", json!({})), json!({ "onConflict": "replace" })),
            store("known", json!({})),
            update("nobody", json!({ "firstName": "Joan" })),
            delete("nobody"),
            line("delete", json!({ "customerUrn": urn })),
            delete("known"),
            upsert("known", json!({})),
        ])
        .await;

    let expected = [
        "created",
        "existing",
        "unchanged",
        "stale",
        "STALE_SOURCE_VERSION",
        "updated",
        "updated",
        "updated",
        "CUSTOMER_ALREADY_STORED",
        "CUSTOMER_NOT_FOUND",
        "CUSTOMER_NOT_FOUND",
        "unchanged",
        "deleted",
        "created",
    ];
    assert_eq!(done(&reply), expected);
    let versions: Vec<_> = reply.lines().iter().map(|line| line["version"].as_i64()).collect();
    let holder = [Some(1), Some(1), Some(1), Some(1), None, Some(2), Some(3), Some(4), None];
    assert_eq!(versions[..9], holder);
    assert_eq!(versions[9..14], [None, None, Some(2), Some(5), Some(1)]);
}

/// By a name each: neither is told twice.
#[tokio::test]
async fn lines_of_one_customer_keep_their_order_whatever_they_call_it() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("a")).await.urn();
    let by_urn =
        |properties| line("update", json!({ "customer": merged(json!({ "customerUrn": urn }), properties) }));

    let reply = server
        .acme
        .bulk(&[
            by_urn(json!({ "firstName": "1" })),
            update("a", json!({ "firstName": "2" })),
            by_urn(json!({ "externalIdentifier": "b" })),
            update("a", json!({ "firstName": "3" })),
            update("b", json!({ "firstName": "4" })),
            store("a", json!({ "firstName": "5" })),
            by_urn(json!({ "externalIdentifier": "a" })),
            delete("a"),
            by_urn(json!({ "externalIdentifier": "a" })),
            line("delete", json!({ "customerUrn": urn })),
            store("a", json!({ "firstName": "6" })),
        ])
        .await;

    let expected = [
        "updated",
        "updated",
        "updated",
        "CUSTOMER_NOT_FOUND",
        "updated",
        "created",
        "CUSTOMER_ALREADY_STORED",
        "deleted",
        "updated",
        "deleted",
        "created",
    ];
    assert_eq!(done(&reply), expected);
    assert_eq!(server.acme.info("exId=a").await.json()["result"]["firstName"], "6");
}

#[tokio::test]
async fn a_line_needs_the_scope_of_what_it_does() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    tenant.client.store(&customer("a")).await;
    tenant.client.store(&customer_with("b", json!({ "email": "b@example.com" }))).await;
    let (_, writer) = server.key(tenant.id, &[Scope::CustomerWrite]).await;
    let (_, eraser) = server.key(tenant.id, &[Scope::CustomerDelete]).await;
    let lines = [
        delete("a"),
        update("b", json!({ "firstName": 1 })),
        update("b", json!({ "firstName": "Joan" })),
        store("c", json!({ "email": "b@example.com" })),
    ];

    let written = writer.bulk(&lines).await;
    assert_eq!(done(&written), ["FORBIDDEN", "INVALID_REQUEST", "updated", "USER_WITH_SAME_EMAIL_EXISTS"]);
    let holder = &written.lines()[3]["status"]["errors"][0];
    assert_eq!((&holder["field"], &holder["customerUrn"]), (&json!("customer.email"), &Value::Null));
    assert_eq!(done(&eraser.bulk(&lines).await), ["deleted", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
    let (_, both) = server.key(tenant.id, &[Scope::CustomerWrite, Scope::CustomerRead]).await;
    let told = both.bulk(&[store("c", json!({ "email": "b@example.com" }))]).await;
    let urn = tenant.client.info("exId=b").await.urn();
    assert_eq!(told.lines()[0]["status"]["errors"][0]["customerUrn"], json!(urn));
}

#[tokio::test]
async fn another_tenants_customers_are_neither_found_nor_in_the_way() {
    let server = Server::start().await;
    let email = json!({ "email": "jane@example.com" });
    let foreign = server.acme.store(&customer_with("a", email.clone())).await.urn();
    let other = server.tenant("other").await.client;

    let reply = other
        .bulk(&[
            line("update", json!({ "customer": { "customerUrn": foreign, "firstName": "Jane" } })),
            store("a", email),
            line("delete", json!({ "customerUrn": foreign })),
        ])
        .await;

    assert_eq!(done(&reply), ["CUSTOMER_NOT_FOUND", "created", "CUSTOMER_NOT_FOUND"]);
    assert!(!reply.text().contains(&foreign));
    assert_eq!(server.acme.info("exId=a").await.json()["result"]["version"], 1);
}

#[tokio::test]
async fn what_a_record_must_have_is_asked_of_each_line() {
    let server = Server::start().await;
    server.acme.store(&company("company")).await;

    let reply = server
        .acme
        .bulk(&[
            update("company", json!({ "corporationInfo": null })),
            store("new", json!({ "legalType": "Corporate" })),
            line("store", json!({ "customer": { "externalIdentifier": "x" } })),
            line("store", json!({})),
            line("update", json!({ "customer": {} })),
        ])
        .await;

    let errors = |line: usize| reply.lines()[line]["status"]["errors"][0]["field"].clone();
    assert_eq!(
        done(&reply),
        ["INVALID_REQUEST", "INVALID_REQUEST", "INVALID_REQUEST", "BAD_REQUEST", "INVALID_REQUEST"]
    );
    assert_eq!([0, 1].map(errors), ["customer.corporationInfo"; 2]);
    assert_eq!([2, 4].map(errors), ["claimedRegion", "customer.customerUrn"]);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer_with("a", json!({ "email": "a@example.com" }))).await.urn();
    server.acme.store(&customer("b")).await;
    let before = crate::support::canaries::dump(&server.pool).await;

    let lines = [
        store("new", json!({ "email": "new@example.com" })),
        store("newer", json!({ "email": "new@example.com" })),
        update("a", json!({ "email": null })),
        store("newest", json!({ "email": "A@example.com" })),
        delete("b"),
        line("delete", json!({ "customerUrn": urn })),
        store("x", json!({ "email": "no" })),
    ];
    let dry = server.acme.bulk_with("dryRun=true", ndjson(&lines)).await;

    assert_eq!(crate::support::canaries::dump(&server.pool).await, before);
    let expected = [
        "created",
        "USER_WITH_SAME_EMAIL_EXISTS",
        "updated",
        "created",
        "deleted",
        "deleted",
        "INVALID_REQUEST",
    ];
    assert_eq!(done(&dry), expected);
    let answers = dry.lines();
    assert_eq!(
        (&answers[0]["customerUrn"], &answers[0]["version"]),
        (&Value::Null, &json!(1)),
        "nobody has it"
    );
    assert_eq!(answers[1]["status"]["errors"][0]["customerUrn"], Value::Null);
    assert_eq!((&answers[2]["customerUrn"], &answers[2]["version"]), (&json!(urn), &json!(2)));
    // The control: in earnest the same.
    assert_eq!(done(&server.acme.bulk_with("dryRun=false", ndjson(&lines)).await), expected);
    assert_ne!(crate::support::canaries::dump(&server.pool).await, before);
}

/// In opposite orders: each would hold what the other waits for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_files_in_opposite_order_are_both_carried_out() {
    let server = Server::start_with(&PATIENT).await;
    const MANY: usize = 1200;
    let lines: Vec<_> = (0..MANY)
        .map(|n| upsert(&format!("crm-{n}"), json!({ "email": format!("{}@example.com", MANY - n) })))
        .collect();
    let reversed: Vec<_> = lines.iter().rev().cloned().collect();

    let replies = all_at_once([lines, reversed].map(|lines| {
        let acme = server.acme.clone();
        async move { acme.bulk(&lines).await }
    }))
    .await;

    let outcomes: Vec<_> = replies.iter().flat_map(done).collect();
    let count = |wanted: &str| outcomes.iter().filter(|outcome| *outcome == wanted).count();
    assert_eq!((count("created"), count("unchanged")), (MANY, MANY));
    assert_eq!(server.counts().await, (MANY as i64, MANY as i64));
}

/// Single writers meet the batches: no order of locks makes anybody fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_single_calls_every_line_is_carried_out() {
    let server = Server::start_with(&PATIENT).await;
    const MANY: usize = 300;
    let file = |name: &'static str| -> Vec<Value> {
        (0..MANY)
            .map(|n| upsert(&format!("crm-{n}"), json!({ "firstName": name, "phoneNumber": phone(n) })))
            .collect()
    };
    server.acme.bulk(&file("Zero")).await;

    let imports = ["One", "Two"].map(|name| (server.acme.clone(), file(name)));
    let singles = (0..MANY / 10).map(|n| (server.acme.clone(), n * 7 % MANY));
    let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = Vec<u16>> + Send>>> = Vec::new();
    for (acme, lines) in imports {
        tasks.push(Box::pin(async move {
            let reply = acme.bulk(&lines).await;
            done(&reply)
                .iter()
                .map(|outcome| if outcome == "updated" || outcome == "unchanged" { 200 } else { 500 })
                .collect()
        }));
    }
    for (acme, n) in singles {
        tasks.push(Box::pin(async move {
            let change = json!({ "customer": { "externalIdentifier": format!("crm-{n}"), "lastName": "x", "phoneNumber": phone(MANY + n) } });
            vec![acme.update(&change).await.status.as_u16()]
        }));
    }
    let statuses: Vec<u16> = all_at_once(tasks).await.concat();

    assert_eq!(statuses, vec![200; 2 * MANY + MANY / 10]);
    let holes = "select count(*) from customers where version <> (
        select count(*) from customer_events
        where customer_events.tenant_id = customers.tenant_id and customer_number = number
    )";
    let holes: i64 = sqlx::query_scalar(holes).fetch_one(&server.pool).await.unwrap();
    assert_eq!(holes, 0, "each version has its event");
}

fn phone(n: usize) -> String {
    format!("+49301{n:06}")
}
