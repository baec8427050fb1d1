//! Which customer an update is for, and how it gets another external identifier.

use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{change, customer},
};

#[tokio::test]
async fn a_customer_is_named_by_its_urn_or_by_its_external_identifier() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    let by_urn = server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await;
    assert_eq!(by_urn.json()["result"]["externalIdentifier"], "crm-1");
    let body = json!({ "customer": { "externalIdentifier": "crm-1", "lastName": "Doe" } });
    let by_external_id = server.acme.update(&body).await;
    assert_eq!(by_external_id.urn(), urn);
    assert_eq!(by_external_id.json()["result"]["firstName"], "Jane");
    let null =
        json!({ "customer": { "customerUrn": null, "externalIdentifier": "crm-1", "lastName": "Roe" } });
    assert_eq!(server.acme.update(&null).await.urn(), urn);
}

#[tokio::test]
async fn one_that_names_nobody_is_invalid() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let required = [("customer.customerUrn".to_owned(), "REQUIRED".to_owned())];

    for properties in [json!({}), json!({ "firstName": "Jane" }), json!({ "customerUrn": null })] {
        let reply = server.acme.update(&json!({ "customer": properties })).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
        assert_eq!(reply.errors(), required);
    }
    let outside = json!({ "customer": { "firstName": "Jane" }, "externalIdentifier": "crm-1" });
    assert_eq!(server.acme.update(&outside).await.errors(), required);
    for malformed in
        ["482", "cu.0.482", "cu.00.0482", "cu.00.", "CU.00.482", "cu.00.482 ", "cu.00.10000000000000000000"]
    {
        let reply = server.acme.update(&change(malformed, json!({ "firstName": "Jane" }))).await;
        assert_eq!(reply.errors(), [("customer.customerUrn".into(), "INVALID_URN".into())], "{malformed}");
    }
}

#[tokio::test]
async fn with_a_urn_the_external_identifier_is_the_new_one() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let other = server.acme.store(&customer("taken")).await.urn();

    let rekeyed = server.acme.update(&change(&urn, json!({ "externalIdentifier": "crm-2" }))).await;
    assert_eq!(rekeyed.json()["result"]["externalIdentifier"], "crm-2");
    assert_eq!(rekeyed.json()["result"]["version"], 2);
    assert_eq!(server.acme.info("exId=crm-2").await.json()["result"]["customerUrn"], urn);
    assert_eq!(server.acme.info("exId=crm-1").await.status, 404);

    let taken = server.acme.update(&change(&urn, json!({ "externalIdentifier": "taken" }))).await;
    assert_eq!(taken.outcome(), (409, "CUSTOMER_ALREADY_STORED".to_owned()));
    assert_eq!(taken.json()["status"]["errors"][0]["customerUrn"], other);
    assert_eq!(server.acme.info("exId=crm-2").await.json()["result"]["version"], 2);

    assert_eq!(server.acme.validate("crm-1").await.json()["isAvailable"], true);
    let again = server.acme.store(&customer("crm-1")).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.urn(), urn);
}

#[tokio::test]
async fn a_urn_that_leads_nowhere_is_not_helped_by_an_external_identifier() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;

    let reply = server.acme.update(&change("cu.00.482", json!({ "externalIdentifier": "crm-1" }))).await;

    assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
}

/// What a caller may not know, it cannot tell apart.
#[tokio::test]
async fn whoever_is_not_there_is_not_found_in_the_same_bytes() {
    let server = Server::start().await;
    let foreign = server.tenant("other").await.client.store(&customer("foreign")).await.urn();
    let erased = server.acme.store(&customer("erased")).await.urn();
    server.acme.delete(&json!({ "customerUuid": erased })).await;
    let living = server.acme.store(&customer("living")).await.urn();
    let other_cell = living.replace("cu.00.", "cu.01.");
    let before = server.counts().await;
    let urns =
        [&foreign, &erased, &other_cell, "cu.00.1", "cu.00.9223372036854775808", "cu.00.9999999999999999999"];
    let acme = server.acme.with("x-correlation-id", "0190a000-0000-7000-8000-000000000001");

    let mut replies = Vec::new();
    for urn in urns {
        replies.push(acme.update(&change(urn, json!({ "firstName": "Jane" }))).await);
        replies.push(acme.info(&format!("urn={urn}")).await);
        if urn != erased {
            replies.push(acme.delete(&json!({ "customerUuid": urn })).await);
        }
    }
    for external_id in ["foreign", "erased", "never", "LIVING"] {
        replies.push(
            acme.update(&json!({ "customer": { "externalIdentifier": external_id, "firstName": "J" } }))
                .await,
        );
        replies.push(acme.info(&format!("exId={external_id}")).await);
        replies.push(acme.delete(&json!({ "externalIdentifier": external_id })).await);
    }
    for reply in &replies {
        assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
        assert_eq!(reply.text(), replies[0].text());
        assert_eq!(header_names(reply), header_names(&replies[0]));
        assert_eq!(reply.json()["result"], Value::Null);
    }
    assert_eq!(server.counts().await, before);
}

/// What it claimed is free again at once, for the next to ask.
#[tokio::test]
async fn a_refused_update_leaves_no_transaction_open() {
    let server = Server::start().await;
    server.acme.store(&customer("taken")).await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    let refused = server.acme.update(&change(&urn, json!({ "externalIdentifier": "taken" }))).await;

    assert_eq!(refused.status, 409);
    let open = "select count(*) from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(open).fetch_one(&server.pool).await.unwrap(), 0);
    let locks = "select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(sqlx::query_scalar::<_, i64>(locks).fetch_one(&server.pool).await.unwrap(), 0);
}

fn header_names(reply: &Reply) -> Vec<&str> {
    let mut names: Vec<_> = reply.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    names
}
