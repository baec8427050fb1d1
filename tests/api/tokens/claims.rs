//! Each claim is there, of its type, and says what it must.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server,
    tokens::{AUDIENCE, ISSUER, PARTNER_AUDIENCE, Token, now, sealed},
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
    ] {
        let token = Token::acme().with(claim, value.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("{claim}: {value}")).await;
    }
}

/// What an issuer puts into a claim that a surface does not use is no fault.
#[tokio::test]
async fn a_claim_is_read_only_where_it_decides() {
    let server = Server::start().await;
    let doors = server.doors();
    let roles = [
        (json!("csp"), 200),
        (json!(["csp"]), 200),
        (json!(["csp", "admin"]), 200),
        (json!("csp,reseller"), 403),
        (json!("csp reseller"), 403),
        (json!("admin"), 403),
        (json!(""), 403),
        (json!(["csp", 5]), 403),
        (json!([["csp"]]), 403),
        (json!(5), 403),
        (json!(true), 403),
        (json!({ "csp": true }), 403),
        (json!(null), 403),
    ];
    for (value, partner) in roles {
        let token = Token::acme().with("roles", value.clone()).signed();
        doors.bearing(&token).assert_answers(200, partner, &format!("roles: {value}")).await;
    }
    for value in [json!("acme"), json!(5), json!([]), json!({}), json!(null)] {
        let csp = Token::acme().with("reseller_id", value.clone());
        let reseller = csp.clone().with("roles", "reseller").signed();
        doors.bearing(&csp.signed()).assert_open(&format!("a CSP's reseller_id: {value}")).await;
        doors
            .bearing(&reseller)
            .assert_answers(200, 403, &format!("a reseller's reseller_id: {value}"))
            .await;
    }
    for value in [json!(["customer.read"]), json!(5), json!(true), json!({})] {
        let token = Token::acme().with("scope", value.clone()).signed();
        doors.bearing(&token).assert_answers(401, 200, &format!("scope: {value}")).await;
    }
}

#[tokio::test]
async fn a_single_role_may_be_a_string_for_resellers_too() {
    let server = Server::start().await;
    let reseller = Token::reseller(seed::TENANT_ID.0, Uuid::new_v4()).with("roles", "reseller").signed();

    server.doors().bearing(&reseller).assert_open("reseller").await;
}

/// A portal user's token is no second credential of C2A, nor the other way round.
#[tokio::test]
async fn a_token_is_for_one_surface() {
    let server = Server::start().await;
    let doors = server.doors();
    let with_audience = |audience: Value| Token::acme().with("aud", audience).signed();

    for (audience, c2a, partner) in [
        (json!(AUDIENCE), 200, 401),
        (json!([AUDIENCE, "another"]), 200, 401),
        (json!(PARTNER_AUDIENCE), 401, 200),
        (json!(["another", PARTNER_AUDIENCE]), 401, 200),
        (json!([AUDIENCE, PARTNER_AUDIENCE]), 200, 200),
    ] {
        let token = with_audience(audience.clone());
        doors.bearing(&token).assert_answers(c2a, partner, &audience.to_string()).await;
    }
}

#[tokio::test]
async fn one_audience_for_both_surfaces_must_be_asked_for() {
    let one = ["--jwt-audience", "azotte", "--jwt-partner-audience", "azotte"];
    let shared = Server::start_with(&[&one[..], &["--jwt-shared-audience"]].concat()).await;

    shared.doors().bearing(&Token::acme().with("aud", "azotte").signed()).assert_open("shared").await;
    shared.doors().bearing(&Token::acme().signed()).assert_closed("the default ones").await;
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
    let several = Token::acme().with("aud", json!(["another", AUDIENCE, PARTNER_AUDIENCE])).signed();
    server.doors().bearing(&several).assert_open("among others").await;
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
