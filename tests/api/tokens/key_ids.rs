//! `kid` is the caller's text: it selects one of the keys there are, and does nothing else.

use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::support::{
    Server,
    keys::{KeysFile, OTHER_RSA, RSA, jwks},
    tokens::Token,
};

#[tokio::test]
async fn a_key_id_is_a_known_name() {
    let server = Server::start().await;

    for id in [
        "",
        "unknown",
        "Secret",
        "secret ",
        "../../etc/passwd",
        "/dev/null",
        "secret\0",
        "' or '1'='1",
        "secret'; drop table tenants; --",
        "$(reboot)",
        "http://127.0.0.1/jwks.json",
        "sécret",
        &"s".repeat(256),
        &"s".repeat(257),
        &"s".repeat(2000),
    ] {
        let token = Token::acme().with_header("kid", id).signed();
        server.doors().bearing(&token).assert_closed(&format!("{id:?}")).await;
    }
    for id in [json!(5), json!(true), json!(["secret"]), json!({ "secret": 1 })] {
        let token = Token::acme().with_header("kid", id.clone()).signed();
        server.doors().bearing(&token).assert_closed(&id.to_string()).await;
    }
    server.doors().bearing(&Token::acme().with_header("kid", "secret").signed()).assert_open("known").await;
}

/// RFC 7517, 4.5: the structure of a kid is not said. Base64 is what Cognito sends.
#[tokio::test]
async fn a_key_id_is_any_printable_string() {
    for id in [
        "nT5p+Kz/0w==",
        "https://issuer.example/keys/1",
        "key 1",
        "clé",
        "日本",
        "../a",
        "{a}",
        "'\"",
        "a.b:c",
    ] {
        let file = KeysFile::of(&jwks([RSA.jwk(id), OTHER_RSA.jwk("b")]));
        let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

        let named = |kid: &str| Token::acme().with_header("alg", "RS256").with_header("kid", kid);
        let right = named(id).signed_by(&RSA.signing(), Algorithm::RS256);
        let other = named(&format!("{id} ")).signed_by(&RSA.signing(), Algorithm::RS256);
        server.doors().bearing(&right).assert_open(id).await;
        server.doors().bearing(&other).assert_closed(id).await;
    }
}

#[tokio::test]
async fn a_key_id_of_256_characters_is_one() {
    let [longest, too_long] = [256, 257].map(|length| "é".repeat(length));
    let file = KeysFile::of(&jwks([RSA.jwk(&longest), OTHER_RSA.jwk(&too_long)]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

    let token = |id: &str| {
        let token = Token::acme().with_header("alg", "RS256").with_header("kid", id);
        token.signed_by(&RSA.signing(), Algorithm::RS256)
    };
    server.doors().bearing(&token(&longest)).assert_open("256").await;
    server.doors().bearing(&token(&too_long)).assert_closed("257").await;
}

#[tokio::test]
async fn a_token_need_not_name_the_only_key_and_must_name_one_of_two() {
    let (one, two) =
        (KeysFile::of(&jwks([RSA.jwk("a")])), KeysFile::of(&jwks([RSA.jwk("a"), OTHER_RSA.jwk("b")])));
    let one = Server::start_with(&["--jwt-keys-file", one.as_str()]).await;
    let two = Server::start_with(&["--jwt-keys-file", two.as_str()]).await;

    let token = Token::acme().with_header("alg", "RS256");
    let nameless = token.signed_by(&RSA.signing(), Algorithm::RS256);
    one.doors().bearing(&nameless).assert_open("the only key").await;
    two.doors().bearing(&nameless).assert_closed("one of two, unnamed").await;
    for (case, id, pair) in [("first", "a", RSA), ("second", "b", OTHER_RSA)] {
        let named = token.clone().with_header("kid", id).signed_by(&pair.signing(), Algorithm::RS256);
        two.doors().bearing(&named).assert_open(case).await;
    }
    for (case, id, pair) in [("the other's name", "b", RSA), ("nobody's name", "c", RSA)] {
        let named = token.clone().with_header("kid", id).signed_by(&pair.signing(), Algorithm::RS256);
        two.doors().bearing(&named).assert_closed(case).await;
    }
}
