//! Who may come in, in which role, and what a reseller may do.

use azotte_customers::{domain::tenant::TenantId, postgres::tenants, sandbox::seed};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Client, Document, Server,
    partners::{OTHER_RESELLER, RESELLER, customer, customer_with, rows},
    tokens::Token,
};

/// Each endpoint and what is none, with each method.
fn routes() -> Vec<(Method, String)> {
    let methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(|name| name.parse().unwrap());
    let id = Uuid::new_v4().to_string();
    let unknown = ["?pageSize=0", "/", "/{id}/more", "/x"].map(|end| format!("/v1/Customers{end}"));
    let paths =
        Document::partner().methods().into_keys().chain(unknown).map(|path| path.replace("{id}", &id));
    paths.flat_map(|path| methods.clone().map(|method: Method| (method, path.clone()))).collect()
}

/// Whoever has no valid token.
async fn strangers(server: &Server) -> Vec<(&'static str, Client)> {
    let suspended = server.tenant("suspended").await;
    tenants::set_suspended(&server.pool, TenantId(suspended.id), true).await.unwrap();
    let csp = server.csp();
    vec![
        ("nobody", Client::stranger(server.address)),
        ("no token", csp.without("authorization")),
        ("a key for a token", server.acme.with("x-tenant", seed::TENANT_DOMAIN)),
        ("no token of ours", csp.with("authorization", "Bearer x.y.z")),
        ("another scheme", csp.with("authorization", "Basic YTpi")),
        ("two tokens", csp.adding("authorization", "Bearer x.y.z")),
        ("expired", server.partner(&Token::acme().with("iat", 1_000_000_000).with("exp", 1_000_000_900))),
        ("a suspended tenant", server.partner_at("suspended.example.com", &Token::csp(suspended.id))),
    ]
}

/// Whoever has a valid token that does not open this door.
async fn misfits(server: &Server) -> Vec<(&'static str, Client)> {
    let (csp, other) = (server.csp(), server.tenant("other").await);
    let roles = |roles: Value| server.partner(&Token::acme().with("roles", roles));
    let reseller = Token::reseller(seed::TENANT_ID.0, RESELLER);
    vec![
        ("no domain", csp.without("x-tenant")),
        ("an empty domain", csp.with("x-tenant", "")),
        ("an unknown domain", csp.with("x-tenant", "unknown.example.com")),
        ("another tenant's domain", csp.with("x-tenant", "other.example.com")),
        ("another tenant's token", server.partner(&Token::csp(other.id))),
        ("an unknown tenant's token", server.partner(&Token::csp(Uuid::new_v4()))),
        ("two domains", csp.adding("x-tenant", "other.example.com")),
        ("the domain twice", csp.adding("x-tenant", seed::TENANT_DOMAIN)),
        ("the tenant's id", csp.with("x-tenant", &seed::TENANT_ID.to_string())),
        ("the tenant's name", csp.with("x-tenant", seed::TENANT_NAME)),
        ("part of a domain", csp.with("x-tenant", "sandbox.azotte.com")),
        ("a domain with two dots", csp.with("x-tenant", &format!("{}..", seed::TENANT_DOMAIN))),
        ("a domain with a port", csp.with("x-tenant", &format!("{}:443", seed::TENANT_DOMAIN))),
        ("a domain of 10,000 octets", csp.with("x-tenant", &"acme.".repeat(2000))),
        ("one role in a string of two", roles(json!("csp,reseller"))),
        ("a number for roles", roles(json!(5))),
        ("an object for roles", roles(json!({ "csp": true }))),
        ("a role among others of no kind", roles(json!(["csp", 5]))),
        ("no roles", server.partner(&Token::acme().without("roles"))),
        ("empty roles", roles(json!([]))),
        ("Csp", roles(json!(["Csp"]))),
        ("CSP", roles(json!(["CSP"]))),
        ("csp with a space", roles(json!(["csp "]))),
        ("csp and more", roles(json!(["csp,reseller"]))),
        ("another role", roles(json!(["admin", "customer"]))),
        ("Reseller", server.partner(&reseller.clone().with("roles", json!(["Reseller"])))),
        ("a reseller of no id", server.partner(&reseller.clone().without("reseller_id"))),
        ("a reseller of null", server.partner(&reseller.with("reseller_id", json!(null)))),
    ]
}

#[tokio::test]
async fn every_route_refuses_every_wrong_credential_with_the_same_bytes() {
    let server = Server::with_partners().await;
    let (strangers, misfits) = (strangers(&server).await, misfits(&server).await);

    for (status, clients) in [(401, strangers), (403, misfits)] {
        let expected = clients[0].1.get(Uuid::new_v4()).await.told();
        assert_eq!((expected.0, expected.2.as_str()), (status, ""));
        for (method, path) in routes() {
            for (name, client) in &clients {
                let told = client.send(method.clone(), &path, "").await.told();
                assert_eq!(without_length(told), without_length(expected.clone()), "{name}: {method} {path}");
            }
        }
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

/// An answer to HEAD need not say how long it is.
fn without_length(told: (u16, Vec<(String, String)>, String)) -> (u16, Vec<(String, String)>, String) {
    let headers = told.1.into_iter().filter(|(name, _)| name != "content-length");
    (told.0, headers.collect(), told.2)
}

#[tokio::test]
async fn only_a_401_asks_for_a_token() {
    let server = Server::with_partners().await;

    let nobody = Client::stranger(server.address).list("").await;
    let misfit = server.csp().without("x-tenant").list("").await;

    assert!(nobody.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    assert_eq!((misfit.status.as_u16(), misfit.header("www-authenticate")), (403, None));
}

#[tokio::test]
async fn a_domain_is_compared_as_dns_does() {
    let server = Server::with_partners().await;

    let upper = server.csp().with("x-tenant", &seed::TENANT_DOMAIN.to_uppercase());
    let rooted = server.csp().with("x-tenant", &format!("{}.", seed::TENANT_DOMAIN));

    assert_eq!(upper.list("").await.status, 200);
    assert_eq!(rooted.list("").await.status, 200);
}

/// Announces ten million bytes and sends none of them.
#[tokio::test]
async fn a_caller_is_refused_before_the_body_arrives() {
    let server = Server::with_partners().await;
    let announced = ["content-type: application/json", "content-length: 10000000"];
    let (nobody, misfit) =
        (Client::stranger(server.address), server.csp().with("x-tenant", "other.example.com"));

    assert_eq!(nobody.post_raw("/v1/Customers", &announced, b"").await.status, 401);
    assert_eq!(misfit.post_raw("/v1/Customers", &announced, b"").await.status, 403);
}

#[tokio::test]
async fn a_caller_is_refused_whatever_the_body() {
    let server = Server::with_partners().await;

    for body in ["", "{", "{}", &customer("ana").to_string(), &" ".repeat(100_000)] {
        for content_type in ["application/json", "text/plain"] {
            let (nobody, csp) = (Client::stranger(server.address), server.csp().without("x-tenant"));
            let post = async |client: Client| {
                client.with("content-type", content_type).post("/v1/Customers", body).await
            };
            assert_eq!((post(nobody).await.status.as_u16(), post(csp).await.status.as_u16()), (401, 403));
        }
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn a_reseller_acts_as_itself_whether_it_says_so_or_not() {
    let server = Server::with_partners().await;
    let reseller = server.reseller(RESELLER);

    let bodies = [json!({}), json!({ "resellerId": null }), json!({ "resellerId": RESELLER })];
    for (n, said) in bodies.into_iter().enumerate() {
        let id = reseller.created(&customer_with(&format!("c{n}"), said)).await;
        assert_eq!(server.csp().get(id).await.json()["resellerId"], json!(RESELLER));
        assert_eq!(reseller.get(id).await.status, 200);
        assert_eq!(server.reseller(OTHER_RESELLER).get(id).await.status, 404);
    }
}

#[tokio::test]
async fn a_reseller_does_not_act_for_another() {
    let server = Server::with_partners().await;
    let reseller = server.reseller(RESELLER);

    for other in [OTHER_RESELLER, Uuid::new_v4()] {
        let reply = reseller.create(&customer_with("ana", json!({ "resellerId": other }))).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (403, String::new()));
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn a_reseller_the_tenant_does_not_have_creates_nothing() {
    let server = Server::with_partners().await;

    let reply = server.reseller(Uuid::new_v4()).create(&customer("ana")).await;

    assert_eq!((reply.status.as_u16(), reply.text()), (403, String::new()));
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn a_reseller_erases_nobody() {
    let server = Server::with_partners().await;
    let reseller = server.reseller(RESELLER);
    let mine = reseller.created(&customer("ana")).await;
    let theirs = server.reseller(OTHER_RESELLER).created(&customer("bea")).await;

    let expected = reseller.erase(Uuid::new_v4()).await.told();
    assert_eq!((expected.0, expected.2.as_str()), (403, ""));
    for id in [mine, theirs] {
        assert_eq!(reseller.erase(id).await.told(), expected);
        assert_eq!(server.csp().get(id).await.status, 200);
    }
}

/// The same id, content included, from another reseller is another's customer.
#[tokio::test]
async fn a_reseller_is_not_told_that_it_knows_anothers_customer() {
    let server = Server::with_partners().await;
    let body = customer_with("ana", json!({ "id": Uuid::new_v4() }));
    server.reseller(RESELLER).created(&body).await;

    assert_eq!(server.reseller(RESELLER).create(&body).await.status, 200);
    assert_eq!(server.reseller(OTHER_RESELLER).create(&body).await.status, 409);
}

#[tokio::test]
async fn resellers_of_two_tenants_with_one_id_are_two() {
    let server = Server::with_partners().await;
    let other = server.tenant("other").await;
    server.add_partners(other.id).await;
    let id = server.reseller(RESELLER).created(&customer("ana")).await;

    let namesake = server.partner_at("other.example.com", &Token::reseller(other.id, RESELLER));

    assert_eq!(namesake.get(id).await.status, 404);
    assert_eq!(namesake.list("includeDeleted=true").await.json()["totalCount"], 0);
}
