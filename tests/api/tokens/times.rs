//! A token is good from when to when it says, for an hour at most; clocks may differ by half a minute.

use serde_json::{Value, json};

use crate::support::{
    Server,
    tokens::{Token, now},
};

/// What a test may take between making a token and having it looked at.
const SLACK: i64 = 15;

#[tokio::test]
async fn a_token_expires() {
    let server = Server::start().await;
    let now = now();
    let expiring = |at: i64| Token::acme().with("iat", now - 600).with("exp", at).signed();

    server.doors().bearing(&expiring(now - 31)).assert_closed("31 s ago").await;
    server.doors().bearing(&expiring(now - 599)).assert_closed("long ago").await;
    server.doors().bearing(&expiring(now - 30 + SLACK)).assert_open("within the leeway").await;
    server.doors().bearing(&expiring(now + 60)).assert_open("not yet").await;
}

#[tokio::test]
async fn a_token_works_from_when_it_says() {
    let server = Server::start().await;
    let now = now();

    for claim in ["nbf", "iat"] {
        let beginning = |at: i64| Token::acme().with("exp", now + 3000).with(claim, at).signed();
        server.doors().bearing(&beginning(now + 30 + SLACK)).assert_closed(&format!("{claim} to come")).await;
        server.doors().bearing(&beginning(now + 2900)).assert_closed(&format!("{claim} far off")).await;
        server.doors().bearing(&beginning(now + 20)).assert_open(&format!("{claim} within the leeway")).await;
        server.doors().bearing(&beginning(now - 60)).assert_open(&format!("{claim} past")).await;
    }
}

#[tokio::test]
async fn a_token_lives_for_an_hour_at_most() {
    let server = Server::start().await;
    let now = now();
    let living = |from: i64, to: i64| Token::acme().with("iat", now + from).with("exp", now + to).signed();

    for (case, from, to) in [
        ("an hour and a second", -10, 3591),
        ("a day", 0, 86_400),
        ("ten years", 0, 315_360_000),
        ("issued at the beginning of time", -now, 60),
        ("no time at all", 10, 10),
        ("less than no time", 20, 10),
    ] {
        server.doors().bearing(&living(from, to)).assert_closed(case).await;
    }
    server.doors().bearing(&living(-10, 3590)).assert_open("an hour exactly").await;
    server.doors().bearing(&living(0, 60)).assert_open("a minute").await;
}

#[tokio::test]
async fn a_time_is_a_whole_number_of_seconds() {
    let server = Server::start().await;
    let soon = now() + 900;

    for claim in ["exp", "iat", "nbf"] {
        for value in odd_times(soon) {
            let token = Token::acme().with(claim, value.clone()).signed();
            server.doors().bearing(&token).assert_closed(&format!("{claim}: {value}")).await;
        }
    }
    for value in [json!(null), json!(-1), json!(0), json!(i64::MIN), json!(soon * 1000)] {
        let token = Token::acme().with("exp", value.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("exp: {value}")).await;
    }
    server.doors().bearing(&Token::acme().with("exp", soon).signed()).assert_open("soon").await;
}

fn odd_times(soon: i64) -> [Value; 10] {
    [
        json!(soon.to_string()),
        json!("2099-01-01T00:00:00Z"),
        json!(soon as f64 + 0.5),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e30),
        json!(f64::MAX),
        json!(true),
        json!([soon]),
        json!({ "seconds": soon }),
    ]
}
