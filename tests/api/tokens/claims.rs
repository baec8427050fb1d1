//! Each claim is there, of its type, and says what it must.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server,
    tokens::{AUDIENCE, ISSUER, Token, now, sealed},
};

#[tokio::test]
async fn every_claim_is_required() {
    let server = Server::start().await;

    for claim in ["iss", "aud", "sub", "tn", "exp", "iat"] {
        let token = Token::acme().without(claim).signed();
        server.doors().bearing(&token).assert_closed(&format!("without {claim}")).await;
    }
    server.doors().bearing(&Token::acme().signed()).assert_open("with all of them").await;
}

#[tokio::test]
async fn every_claim_is_of_its_type() {
    let server = Server::start().await;
    let wrong = [json!(null), json!(5), json!(true), json!([]), json!([5]), json!({}), json!([[AUDIENCE]])];

    for claim in ["iss", "aud", "sub", "tn"] {
        for value in &wrong {
            let token = Token::acme().with(claim, value.clone()).signed();
            server.doors().bearing(&token).assert_closed(&format!("{claim}: {value}")).await;
        }
    }
    for (claim, value) in [
        ("iss", json!([ISSUER])),
        ("sub", json!(["portal"])),
        ("tn", json!([seed::TENANT_ID.0])),
        ("aud", json!([AUDIENCE, 5])),
        ("aud", json!({ AUDIENCE: true })),
        ("roles", json!("csp")),
        ("roles", json!(["csp", 5])),
        ("roles", json!({ "csp": true })),
        ("roles", json!(null)),
        ("reseller_id", json!("acme")),
        ("reseller_id", json!(5)),
        ("scope", json!(["customer.read"])),
        ("scope", json!(5)),
    ] {
        let token = Token::acme().with(claim, value.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("{claim}: {value}")).await;
    }
}

#[tokio::test]
async fn a_token_is_of_our_issuer() {
    let server = Server::start().await;

    for issuer in ["", "azotte", "Azotte-Sandbox", "azotte-sandbox ", "https://issuer.example.com"] {
        let token = Token::acme().with("iss", issuer).signed();
        server.doors().bearing(&token).assert_closed(&format!("{issuer:?}")).await;
    }
    server.doors().bearing(&Token::acme().with("iss", ISSUER).signed()).assert_open("ours").await;
}

#[tokio::test]
async fn a_token_is_for_us_among_others() {
    let server = Server::start().await;

    for audience in
        [json!(""), json!("another"), json!([]), json!(["another", "azotte"]), json!("AZOTTE-CUSTOMERS")]
    {
        let token = Token::acme().with("aud", audience.clone()).signed();
        server.doors().bearing(&token).assert_closed(&audience.to_string()).await;
    }
    for audience in [json!(AUDIENCE), json!([AUDIENCE]), json!(["another", AUDIENCE])] {
        let token = Token::acme().with("aud", audience.clone()).signed();
        server.doors().bearing(&token).assert_open(&audience.to_string()).await;
    }
}

#[tokio::test]
async fn somebody_is_the_subject() {
    let server = Server::start().await;

    server.doors().bearing(&Token::acme().with("sub", "").signed()).assert_closed("nobody").await;
    server.doors().bearing(&Token::acme().with("sub", "p").signed()).assert_open("somebody").await;
}

#[tokio::test]
async fn the_tenant_is_a_hyphenated_uuid() {
    let server = Server::start().await;
    let acme = seed::TENANT_ID.0;

    for spelling in [
        acme.simple().to_string(),
        acme.braced().to_string(),
        acme.urn().to_string(),
        format!(" {acme}"),
        "acme".to_owned(),
        String::new(),
    ] {
        let token = Token::acme().with("tn", spelling.as_str()).signed();
        server.doors().bearing(&token).assert_closed(&format!("{spelling:?}")).await;
    }
    let upper = Token::acme().with("tn", acme.to_string().to_uppercase()).signed();
    server.doors().bearing(&upper).assert_open("in capitals").await;
}

#[tokio::test]
async fn a_claim_is_said_once() {
    let server = Server::start().await;
    let token = Token::acme();

    for (claim, again) in [
        ("tn", json!(Uuid::new_v4())),
        ("tn", json!(seed::TENANT_ID.0)),
        ("iss", json!(ISSUER)),
        ("aud", json!(AUDIENCE)),
        ("sub", json!("portal")),
        ("exp", json!(now() + 900)),
        ("roles", json!(["csp"])),
    ] {
        for claims in [before(claim, &again, &token.claims()), after(claim, &again, &token.claims())] {
            let twice = sealed(&token.header(), &claims);
            server.doors().bearing(&twice).assert_closed(&format!("{claim} twice")).await;
        }
    }
    let once = sealed(&token.header(), after("nickname", &json!("portal"), &token.claims()));
    server.doors().bearing(&once).assert_open("each claim once").await;
}

fn before(name: &str, value: &Value, object: &str) -> String {
    format!(r#"{{"{name}":{value},{}"#, &object[1..])
}

fn after(name: &str, value: &Value, object: &str) -> String {
    format!(r#"{},"{name}":{value}}}"#, &object[..object.len() - 1])
}
