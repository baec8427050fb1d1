//! What is no token, or not one token, or not a token of ours.

use serde_json::json;

use crate::support::{
    Server,
    tokens::{Token, sealed},
};

#[tokio::test]
async fn a_token_says_that_it_is_one() {
    let server = Server::start().await;

    for kind in [json!("JWS"), json!("dpop+jwt"), json!("logout+jwt"), json!("at+jwt "), json!(""), json!(5)]
    {
        let token = Token::acme().with_header("typ", kind.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("typ {kind}")).await;
    }
    for kind in ["JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        let token = Token::acme().with_header("typ", kind).signed();
        server.doors().bearing(&token).assert_open(kind).await;
    }
    server.doors().bearing(&Token::acme().without_header("typ").signed()).assert_open("no typ").await;
}

#[tokio::test]
async fn a_setting_pins_the_type() {
    let access = Server::start_with(&["--jwt-type", "at+jwt"]).await;

    for kind in ["at+jwt", "application/AT+JWT"] {
        let token = Token::acme().with_header("typ", kind).signed();
        access.doors().bearing(&token).assert_open(kind).await;
    }
    access.doors().bearing(&Token::acme().with_header("typ", "JWT").signed()).assert_closed("JWT").await;
    access.doors().bearing(&Token::acme().without_header("typ").signed()).assert_closed("no typ").await;
}

/// RFC 7515, 4.1.11: what must be understood and is not ends the matter.
#[tokio::test]
async fn a_token_that_asks_for_extensions_is_refused() {
    let server = Server::start().await;

    for critical in [json!(["exp"]), json!(["b64"]), json!([]), json!("exp"), json!(5)] {
        let token = Token::acme().with_header("crit", critical.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("crit {critical}")).await;
    }
    let token = Token::acme().with_header("further", "ignored").signed();
    server.doors().bearing(&token).assert_open("no crit").await;
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let server = Server::start().await;
    let good = Token::acme().signed();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };

    for (case, token) in [
        ("a word", "token".to_owned()),
        ("dots", "..".to_owned()),
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no header", format!(".{payload}.{signature}")),
        ("no payload", format!("{header}..{signature}")),
        ("a dot too many", format!("{good}.")),
        ("a dot before", format!(".{good}")),
        ("five parts", format!("{good}.{payload}.{signature}")),
        ("a part twice", format!("{header}.{payload}.{payload}.{signature}")),
        ("cut by one", good[..good.len() - 1].to_owned()),
        ("cut by half", good[..good.len() / 2].to_owned()),
        ("no Base64 in the header", format!("!{header}.{payload}.{signature}")),
        ("no Base64 in the payload", format!("{header}.%7b{payload}.{signature}")),
        ("no Base64 in the signature", format!("{header}.{payload}.~{signature}")),
        ("padded", format!("{header}=.{payload}.{signature}")),
        ("a signature padded", format!("{header}.{payload}.{signature}=")),
        ("header and payload swapped", format!("{payload}.{header}.{signature}")),
        (
            "another's signature",
            format!(
                "{header}.{payload}.{}",
                Token::acme().with("sub", "x").signed().rsplit_once('.').unwrap().1
            ),
        ),
        ("not ASCII", format!("{header}.é{payload}.{signature}")),
        ("in quotes", format!("\"{good}\"")),
        ("JSON", Token::acme().claims()),
    ] {
        server.doors().bearing(&token).assert_closed(case).await;
    }
    server.doors().bearing(&good).assert_open("a token").await;
}

#[tokio::test]
async fn what_is_rightly_signed_and_no_claims_is_refused() {
    let server = Server::start().await;
    let (header, claims) = (Token::acme().header(), Token::acme().claims());
    let inner = Token::acme().signed();

    for (case, header, payload) in [
        ("nothing", &*header, &b""[..]),
        ("an empty object", &header, b"{}"),
        ("an array", &header, b"[]"),
        ("a string", &header, b"\"csp\""),
        ("null", &header, b"null"),
        ("not UTF-8", &header, b"\xff\xfe{}"),
        ("a lone surrogate", &header, br#"{"sub":"\ud800"}"#),
        ("cut short", &header, &claims.as_bytes()[..claims.len() - 1]),
        ("more behind it", &header, &[claims.as_bytes(), b"{}"].concat()),
        ("a token in a token", &header, inner.as_bytes()),
        ("no header", "", claims.as_bytes()),
        ("an empty header", "{}", claims.as_bytes()),
        ("an array for a header", r#"["JWT","HS256"]"#, claims.as_bytes()),
        ("the type twice", r#"{"typ":"JWT","alg":"HS256","typ":"JWT"}"#, claims.as_bytes()),
        ("the algorithm twice", r#"{"typ":"JWT","alg":"none","alg":"HS256"}"#, claims.as_bytes()),
    ] {
        server.doors().bearing(&sealed(header, payload)).assert_closed(case).await;
    }
    server.doors().bearing(&sealed(&header, &claims)).assert_open("claims").await;
}

#[tokio::test]
async fn a_token_has_4_kib_at_most() {
    let server = Server::start().await;
    let padded = |padding: usize| Token::acme().with("padding", "x".repeat(padding)).signed();
    let bare = padded(0).len();
    // Base64: three bytes are four characters.
    let longest = (4096 - bare) / 4 * 3;
    let (fits, too_long) = (padded(longest), padded(longest + 6));

    assert!((4090..=4096).contains(&fits.len()) && too_long.len() > 4096);
    server.doors().bearing(&fits).assert_open("4 KiB").await;
    server.doors().bearing(&too_long).assert_closed("more than 4 KiB").await;
    server.doors().bearing(&padded(18_000)).assert_closed("24 KiB").await;
}

#[tokio::test]
async fn one_header_bears_one_token() {
    let server = Server::start().await;
    let (good, other) = (Token::acme().signed(), Token::acme().with("sub", "other").signed());

    for value in [
        "",
        "Bearer",
        "Bearer ",
        "bearer:",
        &good,
        &format!("Basic {good}"),
        &format!("Token {good}"),
        &format!("JWT {good}"),
        &format!("Bearer:{good}"),
        &format!("Bearer,{good}"),
        &format!("Bearer {good} {other}"),
        &format!("Bearer {good},{other}"),
        &format!("Bearer {good}, Bearer {other}"),
        &format!("Bearer Bearer {good}"),
        &format!("Bearer token=\"{good}\""),
    ] {
        server.doors().with("authorization", value).assert_closed(value).await;
    }
    for again in [&good, &other] {
        let doors = server.doors().bearing(&good).adding("authorization", &format!("Bearer {again}"));
        doors.assert_closed("two headers").await;
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        server.doors().with("authorization", &format!("{scheme} {good}")).assert_open(scheme).await;
    }
}
