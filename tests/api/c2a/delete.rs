//! C2A-01-03: erasure. The row stays, the person goes.

use serde_json::{Value, json};

use crate::support::{
    Server,
    bodies::{change, company, customer, merged, sample},
};

#[tokio::test]
async fn a_customer_can_be_named_in_four_ways() {
    let server = Server::start().await;

    for (name, by_urn) in
        [("customerUuid", true), ("customerUrn", true), ("externalIdentifier", false), ("externalId", false)]
    {
        let urn = server.acme.store(&customer("crm-1")).await.urn();
        let value = if by_urn { urn.as_str() } else { "crm-1" };
        let reply = server.acme.delete(&json!({ name: value })).await;
        assert_eq!(reply.status, 200, "{name}");
        assert_eq!(reply.json(), json!({ "status": { "messageCode": "SUCCESS" } }));
        assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn the_urn_wins_and_does_not_fall_back() {
    let server = Server::start().await;
    let first = server.acme.store(&customer("first")).await.urn();
    server.acme.store(&customer("second")).await;

    let nowhere =
        server.acme.delete(&json!({ "customerUuid": "cu.00.482", "externalIdentifier": "second" })).await;
    assert_eq!(nowhere.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    let both = server.acme.delete(&json!({ "customerUrn": first, "externalId": "second" })).await;
    assert_eq!(both.status, 200);
    assert_eq!(server.acme.info("exId=first").await.status, 404);
    assert_eq!(server.acme.info("exId=second").await.status, 200);
}

#[tokio::test]
async fn it_can_be_repeated_by_urn_and_changes_nothing_more() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;
    let (counts, row) = (server.counts().await, row(&server).await);

    for _ in 0..2 {
        let again = server.acme.delete(&json!({ "customerUuid": urn })).await;
        assert_eq!(again.json(), json!({ "status": { "messageCode": "SUCCESS" } }));
    }

    assert_eq!(server.counts().await, counts);
    assert_eq!(self::row(&server).await, row);
    let by_external_id = server.acme.delete(&json!({ "externalIdentifier": "crm-9981273" })).await;
    assert_eq!(by_external_id.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn afterwards_the_customer_is_not_found() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let by_external_id = json!({ "customer": { "externalIdentifier": "crm-9981273", "firstName": "Jane" } });
    for reply in [
        server.acme.info(&format!("urn={urn}")).await,
        server.acme.info("exId=crm-9981273").await,
        server.acme.update(&change(&urn, json!({ "firstName": "Jane" }))).await,
        server.acme.update(&by_external_id).await,
    ] {
        assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()));
    }
}

#[tokio::test]
async fn its_identities_are_free_at_once() {
    let server = Server::start().await;
    let first = server.acme.store(&sample()).await.urn();

    server.acme.delete(&json!({ "customerUuid": first })).await;

    assert_eq!(server.acme.validate("crm-9981273").await.json()["isAvailable"], true);
    let second = server.acme.store(&sample()).await;
    assert_eq!(second.outcome(), (200, "SUCCESS".to_owned()));
    assert_ne!(second.urn(), first);
    assert_eq!(server.acme.delete(&json!({ "customerUuid": first })).await.status, 200);
    assert_eq!(server.acme.info("exId=crm-9981273").await.json()["result"]["customerUrn"], second.urn());
}

#[tokio::test]
async fn the_row_is_rewritten_with_nothing_personal_left() {
    let server = Server::start().await;
    let everything = merged(
        merged(company("crm-9981273"), sample()),
        json!({
            "customer": { "legalType": "Corporate", "privacy": { "newsletter": true }, "status": "vip" },
            "sourceVersion": 7,
        }),
    );
    let urn = server.acme.store(&everything).await.urn();
    let before = row(&server).await;
    let empty: Vec<_> = before.as_object().unwrap().iter().filter(|(_, value)| value.is_null()).collect();
    assert_eq!(empty.len(), 1, "every column but erased_at is filled: {empty:?}");

    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let after = row(&server).await;
    let stay = ["tenant_id", "number", "legal_type", "country_code", "created_at"];
    let rewritten = ["status", "version", "updated_at", "erased_at"];
    for (column, value) in after.as_object().unwrap() {
        match column.as_str() {
            column if stay.contains(&column) => assert_eq!(*value, before[column], "{column}"),
            column if rewritten.contains(&column) => assert_ne!(*value, Value::Null, "{column}"),
            column => assert_eq!(*value, Value::Null, "{column}"),
        }
    }
    assert_eq!(after["status"], "Anonymized");
    assert_eq!(after["legal_type"], "Corporate");
    assert_eq!(after["version"], 2);
}

/// Of whatever the service wrote about the person, in whatever table, no word is left.
#[tokio::test]
async fn no_table_holds_a_trace_of_the_person() {
    let server = Server::start().await;
    let urn = server.acme.store(&sample()).await.urn();
    server
        .acme
        .update(&change(&urn, json!({ "email": "jane.new@example.com", "privacy": { "a": "Jane" } })))
        .await;
    assert!(dump(&server).await.contains("jane.new"));

    server.acme.delete(&json!({ "customerUuid": urn })).await;

    let dump = dump(&server).await;
    for trace in ["crm-9981273", "jane", "Jane", "Doe", "1701234567", "Hauptstr", "Berlin", "10115", "Female"]
    {
        assert!(!dump.contains(trace), "{trace}");
    }
}

#[tokio::test]
async fn naming_nobody_or_malformed_is_invalid() {
    let server = Server::start().await;
    server.acme.store(&customer("crm-1")).await;
    let before = server.counts().await;
    let cases = [
        (json!({}), "customerUuid", "REQUIRED"),
        (json!({ "customerUuid": null, "externalId": null }), "customerUuid", "REQUIRED"),
        (json!({ "customer": { "externalIdentifier": "crm-1" } }), "customerUuid", "REQUIRED"),
        (json!({ "customerUuid": "crm-1" }), "customerUuid", "INVALID_URN"),
        (json!({ "customerUuid": "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f" }), "customerUuid", "INVALID_URN"),
        (json!({ "customerUrn": "cu.00.0" }), "customerUrn", "INVALID_URN"),
        (json!({ "externalIdentifier": "" }), "externalIdentifier", "BLANK"),
        (json!({ "externalId": " crm-1" }), "externalId", "SURROUNDING_WHITE_SPACE"),
        (json!({ "externalId": 1 }), "externalId", "WRONG_TYPE"),
    ];

    for (body, field, code) in cases {
        let reply = server.acme.delete(&body).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{body}");
        assert_eq!(reply.errors(), [(field.into(), code.into())], "{body}");
    }
    assert_eq!(server.counts().await, before);
}

/// The only customer's row, column by column.
async fn row(server: &Server) -> Value {
    let row = "select to_jsonb(customers) from customers";
    sqlx::query_scalar(row).fetch_one(&server.pool).await.unwrap()
}

/// Every row of every table of the schema, as text.
async fn dump(server: &Server) -> String {
    let dump = "select query_to_xml('select * from ' || quote_ident(tablename), true, false, '')::text \
                from pg_tables where schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(dump).fetch_all(&server.pool).await.unwrap();
    tables.join("\n")
}
