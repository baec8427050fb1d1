//! A token is good from when to when it says, for two hours at most unless a setting says otherwise; clocks may differ by half a minute.

use serde_json::{Value, json};

use crate::support::{
    Server,
    tokens::{Token, now, sealed},
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
async fn a_token_lives_for_two_hours_at_most() {
    let server = Server::start().await;
    let now = now();
    let living = |from: i64, to: i64| Token::acme().with("iat", now + from).with("exp", now + to).signed();

    for (case, from, to) in [
        ("two hours and a second", -10, 7191),
        ("a day", 0, 86_400),
        ("ten years", 0, 315_360_000),
        ("issued at the beginning of time", -now, 60),
        ("no time at all", 10, 10),
        ("less than no time", 20, 10),
    ] {
        server.doors().bearing(&living(from, to)).assert_closed(case).await;
    }
    server.doors().bearing(&living(-10, 7190)).assert_open("two hours exactly").await;
    server.doors().bearing(&living(-10, 4490)).assert_open("75 minutes").await;
    server.doors().bearing(&living(0, 60)).assert_open("a minute").await;
}

#[tokio::test]
async fn how_long_a_token_may_live_is_a_setting() {
    let living =
        |seconds: i64| Token::acme().with("iat", now() - 10).with("exp", now() - 10 + seconds).signed();

    for (setting, longest) in [("60", 60), ("86400", 86_400)] {
        let server = Server::start_with(&["--jwt-max-lifetime-s", setting]).await;
        server.doors().bearing(&living(longest)).assert_open(setting).await;
        server.doors().bearing(&living(longest + 1)).assert_closed(setting).await;
    }
}

/// RFC 7519, 2: a NumericDate is any JSON number.
#[tokio::test]
async fn a_time_may_have_a_fraction_or_an_exponent() {
    let server = Server::start().await;
    let (soon, now) = (now() + 900, now());
    let token = Token::acme();
    let spelled = |claim: &str, number: &str| {
        let claims = token
            .claims()
            .replace(&format!("\"{claim}\":"), &format!("\"{claim}\":{number},\"was_{claim}\":"));
        sealed(&token.header(), claims)
    };

    for exp in [
        format!("{soon}.5"),
        format!("{soon}.000000001"),
        format!("{}e1", soon / 10),
        format!("{soon}E0"),
        format!("{soon}.0"),
    ] {
        server.doors().bearing(&spelled("exp", &exp)).assert_open(&format!("exp {exp}")).await;
    }
    server.doors().bearing(&spelled("iat", &format!("{}.25", now - 5))).assert_open("iat").await;
    for nbf in ["0", "-1.5", "1e9"] {
        let claims = token.claims().replacen('{', &format!("{{\"nbf\":{nbf},"), 1);
        server.doors().bearing(&sealed(&token.header(), claims)).assert_open(&format!("nbf {nbf}")).await;
    }
    for exp in [
        format!("{}.5", now - 40),
        "1e300".to_owned(),
        "1e400".to_owned(),
        "-1e300".to_owned(),
        "1e-300".to_owned(),
        format!("\"{soon}.5\""),
    ] {
        server.doors().bearing(&spelled("exp", &exp)).assert_closed(&format!("exp {exp}")).await;
    }
}

#[tokio::test]
async fn a_time_is_a_number_that_can_be_a_date() {
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

fn odd_times(soon: i64) -> [Value; 9] {
    [
        json!(soon.to_string()),
        json!("2099-01-01T00:00:00Z"),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e30),
        json!(f64::MAX),
        json!(true),
        json!([soon]),
        json!({ "seconds": soon }),
    ]
}
