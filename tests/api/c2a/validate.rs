//! C2A-01-01.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn an_external_id_is_free_until_it_is_stored_and_again_after_erasure() {
    let server = Server::start().await;

    let free = server.acme.validate("crm-1").await;
    assert_eq!(free.status, 200);
    assert_eq!(free.json(), json!({ "isAvailable": true, "status": { "messageCode": "SUCCESS" } }));

    let body = json!({ "customer": { "externalIdentifier": "crm-1" }, "claimedRegion": { "countryCode": "DE", "languageCode": "de" } });
    let urn = server.acme.store(&body).await.urn();
    assert_eq!(server.acme.validate("crm-1").await.json()["isAvailable"], false);

    server.acme.delete(&json!({ "customerUuid": urn })).await;
    assert_eq!(server.acme.validate("crm-1").await.json()["isAvailable"], true);
}
