//! Another tenant's customers cannot be found, counted, conflicted with or chosen. That no tenant's doing shows
//! at all: `interference.rs`.

use serde_json::{Value, json};

use crate::support::{Reply, Server, customers::in_germany};

#[tokio::test]
async fn foreign_erased_and_unknown_customers_are_the_same_404() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    let foreign = other.store(&customer("crm-1")).await.urn();
    let erased = server.acme.store(&customer("crm-2")).await.urn();
    server.acme.delete(&json!({ "customerUuid": erased })).await;
    let foreign_erased = other.store(&customer("crm-3")).await.urn();
    other.delete(&json!({ "customerUuid": foreign_erased })).await;

    let mut answers = Vec::new();
    for urn in [&foreign, &erased, &foreign_erased, "cu.00.482", "cu.99.482", "cu.00.9999999999999999999"] {
        answers.push(("info", urn, server.acme.info(&format!("urn={urn}")).await));
        let change = json!({ "customer": { "customerUrn": urn, "firstName": "Mallory" } });
        answers.push(("update", urn, server.acme.update(&change).await));
        // An erased one of its own may be erased again.
        if urn != erased {
            answers.push(("delete", urn, server.acme.delete(&json!({ "customerUuid": urn })).await));
        }
    }
    for external_id in ["crm-1", "crm-2", "crm-3", "crm-4"] {
        answers.push(("info", external_id, server.acme.info(&format!("exId={external_id}")).await));
        let change = json!({ "customer": { "externalIdentifier": external_id, "firstName": "Mallory" } });
        answers.push(("update", external_id, server.acme.update(&change).await));
        let delete = json!({ "externalIdentifier": external_id });
        answers.push(("delete", external_id, server.acme.delete(&delete).await));
    }

    let expected = bytes(&answers[0].2);
    for (endpoint, target, reply) in &answers {
        assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()), "{endpoint} {target}");
        assert_eq!(bytes(reply), expected, "{endpoint} {target}");
    }
    let untouched = other.info(&format!("urn={foreign}")).await.json();
    assert_eq!(untouched["result"]["version"], 1);
}

#[tokio::test]
async fn twenty_tenants_may_have_the_same_customer() {
    let server = Server::start().await;
    let same =
        json!({ "externalIdentifier": "crm-1", "email": "jane@example.com", "phoneNumber": "+491701234567" });

    for n in 0..20 {
        let tenant = server.tenant(&format!("tenant-{n}")).await;
        assert_eq!(tenant.client.validate("crm-1").await.json()["isAvailable"], true);
        assert_eq!(tenant.client.store(&in_germany(same.clone())).await.status, 200);
        assert_eq!(tenant.client.store(&in_germany(same.clone())).await.status, 409);
    }
}

#[tokio::test]
async fn a_conflict_never_names_a_customer_of_another_tenant() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    let foreign = other.store(&customer("crm-1")).await.urn();
    let own = server.acme.store(&customer("crm-1")).await.urn();

    let refused = server.acme.store(&customer("crm-1")).await;

    assert_eq!(refused.json()["status"]["errors"][0]["customerUrn"], json!(own));
    assert!(!refused.text().contains(&foreign));
}

#[tokio::test]
async fn a_caller_cannot_choose_the_tenant_in_the_body() {
    let server = Server::start().await;
    let other = server.tenant("other").await;
    let mut body = customer("crm-1");
    body["customer"]["tenantId"] = json!(other.id);
    body["tenantId"] = json!(other.id);

    let urn = server.acme.store(&body).await.urn();

    assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 200);
    assert_eq!(other.client.info(&format!("urn={urn}")).await.status, 404);
    assert_eq!(other.client.validate("crm-1").await.json()["isAvailable"], true);
}

fn customer(external_id: &str) -> Value {
    in_germany(json!({ "externalIdentifier": external_id }))
}

/// The whole answer, with its correlation id and date blanked.
fn bytes(reply: &Reply) -> String {
    let id = reply.header("x-correlation-id").unwrap();
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let mut lines: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
    lines.sort();
    format!("{}\n{}\n{}", reply.status, lines.concat(), reply.text()).replace(id, "<id>")
}
