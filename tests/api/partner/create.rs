//! `POST /v1/Customers`: what comes in comes back, once.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server,
    partners::{INSTANCE, OTHER_RESELLER, RESELLER, customer, customer_with, rows},
    tokens::Token,
};

const ID: &str = "2f1d3c5a-9e0b-4a6c-8d7e-112233445566";
const DATA: &str = r#"{"Domain":"TestDomain","CredentialsEmail":"test@email.com","AcceptedMCA":true,"AgreementDate":"2022-12-28T00:00:00Z","KeepPrimaryInformation":true,"FirstName":"Test","LastName":"Test","Email":"test@email.com","Phone":"921231231","DefaultCulture":"en-US","Language":"en","AssociatedPartnerId":null,"Qualifications":[],"EnableGDAP":true}"#;

/// The document's sample; its ids are made UUIDs that exist.
fn sample() -> Value {
    json!({
        "id": ID,
        "companyName": "string",
        "taxId": "string",
        "country": "PT",
        "addressLine1": "string",
        "addressLine2": "string",
        "city": "string",
        "state": "string",
        "zip": "string",
        "firstName": "string",
        "middleName": "string",
        "lastName": "string",
        "email": "string",
        "phone": "string",
        "internalIdentifier": "string",
        "resellerId": RESELLER,
        "providerCustomers": {
            INSTANCE.to_string(): {
                "providerInstanceId": INSTANCE,
                "providerCustomerId": "f574cf12-a7d6-43fe-9663-1af97b04e5ab",
                "providerCustomerData": DATA,
                "margin": { "marginRule": { "name": "markup" }, "value": 10.6 },
                "offerTypeMargins": {
                    "Value": { "license": { "MarginRule": { "Name": "markup" }, "Value": 10 } }
                }
            }
        },
        "customerAssociations": [{ "resellerId": OTHER_RESELLER, "name": "string" }]
    })
}

#[tokio::test]
async fn the_documents_sample_is_accepted_and_reads_back() {
    let server = Server::with_partners().await;

    let created = server.csp().create(&sample()).await;
    let read = server.csp().get(ID).await;

    assert_eq!(created.status, 201);
    assert_eq!(created.header("content-type"), Some("application/json"));
    assert_eq!(created.json(), json!(ID));
    let mut expected = sample();
    expected["isDeleted"] = json!(false);
    expected["providerCustomers"][INSTANCE.to_string()] = json!({
        "providerInstanceId": INSTANCE,
        "providerCustomerId": null,
        "providerCustomerData": DATA,
        "margin": { "marginRule": { "name": "Markup" }, "value": 10.6 },
        "offerTypeMargins": { "license": { "marginRule": { "name": "Markup" }, "value": 10 } },
        "status": { "name": "Processing" },
        "customerCreationError": "None"
    });
    assert_eq!(read.status, 200);
    assert_eq!(read.json(), expected);
}

#[tokio::test]
async fn the_least_is_accepted_and_gets_an_id() {
    let server = Server::with_partners().await;

    let id = server.csp().created(&customer("ana")).await;
    let read = server.csp().get(id).await.json();

    assert_eq!(id.get_version_num(), 4, "an id that tells nothing");
    assert_eq!(read["id"], json!(id));
    assert_eq!(read["companyName"], "ana Lda");
    for absent in ["taxId", "addressLine2", "middleName", "internalIdentifier", "resellerId"] {
        assert_eq!(read[absent], json!(null), "{absent}");
    }
    assert_eq!(read["providerCustomers"], json!({}));
    assert_eq!(read["customerAssociations"], json!([]));
}

#[tokio::test]
async fn null_is_the_same_as_nothing_where_nothing_is_required() {
    let server = Server::with_partners().await;
    let optional = ["id", "taxId", "addressLine2", "middleName", "internalIdentifier", "resellerId"];
    let mut body = customer("ana");
    for property in optional.into_iter().chain(["customerAssociations"]) {
        body[property] = json!(null);
    }

    assert_eq!(server.csp().create(&body).await.status, 201);
}

#[tokio::test]
async fn contacts_come_back_as_the_projection_knows_them() {
    let server = Server::with_partners().await;
    let body = customer_with("ana", json!({ "phone": "+351 921 231 231", "email": "Ana@Example.com" }));

    let id = server.csp().created(&body).await;
    let read = server.csp().get(id).await.json();

    assert_eq!((&read["phone"], &read["email"]), (&json!("+351921231231"), &json!("Ana@Example.com")));
}

#[tokio::test]
async fn the_same_again_is_200_with_the_same_id_and_changes_nothing() {
    let server = Server::with_partners().await;
    server.csp().created(&sample()).await;
    let before = rows(&server.pool).await;

    let again = server.csp().create(&sample()).await;
    let mut otherwise = sample();
    otherwise["id"] = json!(ID.to_uppercase());
    otherwise["country"] = json!("pt");
    otherwise["unknown"] = json!("ignored");
    let spelled_otherwise = server.csp().create(&otherwise).await;

    for reply in [again, spelled_otherwise] {
        assert_eq!((reply.status.as_u16(), reply.json()), (200, json!(ID)));
    }
    assert_eq!(rows(&server.pool).await, before);
}

#[tokio::test]
async fn the_order_of_associations_is_not_content() {
    let server = Server::with_partners().await;
    let associated = |resellers: [Uuid; 2]| {
        let associations = resellers.map(|id| json!({ "resellerId": id, "name": "partner" }));
        customer_with("ana", json!({ "id": ID, "customerAssociations": associations }))
    };

    for (resellers, status) in [([OTHER_RESELLER, RESELLER], 201), ([RESELLER, OTHER_RESELLER], 200)] {
        assert_eq!(server.csp().create(&associated(resellers)).await.status, status);
    }
}

#[tokio::test]
async fn what_is_the_servers_is_ignored() {
    let server = Server::with_partners().await;
    let body = customer_with(
        "ana",
        json!({
            "isDeleted": true,
            "tenantId": Uuid::new_v4(),
            "version": 7,
            "providerCustomers": { INSTANCE.to_string(): {
                "providerCustomerId": "mine",
                "status": { "name": "Success" },
                "customerCreationError": "DomainExists"
            } }
        }),
    );

    let id = server.csp().created(&body).await;
    let read = server.csp().get(id).await.json();

    let provider = &read["providerCustomers"][INSTANCE.to_string()];
    assert_eq!(read["isDeleted"], false);
    assert_eq!(provider["providerCustomerId"], json!(null));
    assert_eq!(provider["status"], json!({ "name": "Processing" }));
    assert_eq!(provider["customerCreationError"], "None");
}

#[tokio::test]
async fn even_ill_typed_what_is_the_servers_is_ignored() {
    let server = Server::with_partners().await;
    let provider = json!({ "providerCustomerId": 5, "status": "Success", "customerCreationError": [] });
    let body = customer_with("ana", json!({ "providerCustomers": { INSTANCE.to_string(): provider } }));

    assert_eq!(server.csp().create(&body).await.status, 201);
}

#[tokio::test]
async fn one_event_tells_who_created_it_in_which_request() {
    let server = Server::with_partners().await;
    let (request, subject) = (Uuid::new_v4(), Uuid::new_v4());
    let csp = server.partner(&Token::acme().with("sub", json!(subject)));

    csp.with("x-correlation-id", &request.to_string()).created(&sample()).await;

    let events: Vec<(Uuid, String, String, i64, Uuid)> =
        sqlx::query_as("select tenant_id, kind, actor, version, correlation_id from customer_events")
            .fetch_all(&server.pool)
            .await
            .unwrap();
    assert_eq!(events, [(seed::TENANT_ID.0, "stored".to_owned(), format!("token:{subject}"), 1, request)]);
}

/// An issuer may put anything there, an address for one.
#[tokio::test]
async fn the_event_names_no_person() {
    let server = Server::with_partners().await;
    let csp = server.partner(&Token::acme().with("sub", "ana.silva@example.com"));

    csp.created(&customer("company")).await;

    let actor: String =
        sqlx::query_scalar("select actor from customer_events").fetch_one(&server.pool).await.unwrap();
    assert!(actor.starts_with("token:") && !actor.contains("ana"), "{actor}");
}
