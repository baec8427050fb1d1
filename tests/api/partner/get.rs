//! `GET /v1/Customers/{id}`: for the CSP, and for the reseller related to the customer.

use azotte_customers::sandbox::seed;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Server,
    partners::{OTHER_RESELLER, RESELLER, customer, customer_with},
    tokens::Token,
};

#[tokio::test]
async fn an_id_is_found_in_any_case() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&customer("ana")).await;

    let read = server.csp().get(id).await;
    let upper = server.csp().get(id.to_string().to_uppercase()).await;

    assert_eq!((read.status.as_u16(), upper.status.as_u16()), (200, 200));
    assert_eq!(read.json(), upper.json());
    assert_eq!(read.header("content-type"), Some("application/json"));
    assert_eq!(read.header("cache-control"), Some("no-store"));
}

/// Another reseller's, the CSP's own, another tenant's, an erased one, one that never was, and no id at all.
#[tokio::test]
async fn whatever_is_not_for_the_caller_is_not_there() {
    let server = Server::with_partners().await;
    let related = |name: &str, reseller| customer_with(name, json!({ "resellerId": reseller }));
    let theirs = server.csp().created(&related("ana", json!(OTHER_RESELLER))).await;
    let direct = server.csp().created(&related("bea", json!(null))).await;
    let mine = server.csp().created(&related("cid", json!(RESELLER))).await;
    let erased = server.csp().created(&related("dea", json!(RESELLER))).await;
    assert_eq!(server.csp().erase(erased).await.status, 202);
    let other = server.tenant("other").await;
    let elsewhere =
        server.partner_at("other.example.com", &Token::csp(other.id)).created(&customer("eva")).await;

    let reseller = server.reseller(RESELLER);
    assert_eq!(reseller.get(mine).await.status, 200);
    let unknown = reseller.get(Uuid::new_v4()).await;
    assert_eq!((unknown.status.as_u16(), unknown.properties()), (404, vec![]));
    for hidden in [theirs, direct, erased, elsewhere] {
        assert_eq!(reseller.get(hidden).await.told(), unknown.told());
    }
    for hidden in [erased, elsewhere] {
        assert_eq!(server.csp().get(hidden).await.told(), unknown.told());
    }
    for no_id in ["string", "0", &mine.simple().to_string(), "%00", "%ff", "cu.00.482"] {
        assert_eq!(server.csp().get(no_id).await.told(), unknown.told(), "{no_id}");
    }
}

/// An association is for information; it opens no door.
#[tokio::test]
async fn an_associated_reseller_sees_nothing() {
    let server = Server::with_partners().await;
    let associations = json!([{ "resellerId": OTHER_RESELLER }]);
    let body = customer_with("ana", json!({ "resellerId": RESELLER, "customerAssociations": associations }));

    let id = server.csp().created(&body).await;

    assert_eq!(server.reseller(RESELLER).get(id).await.status, 200);
    assert_eq!(server.reseller(OTHER_RESELLER).get(id).await.status, 404);
}

#[tokio::test]
async fn a_reseller_who_is_a_csp_too_sees_all() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&customer("ana")).await;

    let both = Token::reseller(seed::TENANT_ID.0, RESELLER).with("roles", json!(["reseller", "csp"]));

    assert_eq!(server.partner(&both).get(id).await.status, 200);
}
