//! The algorithm is the server's to say, and nothing a token points to is fetched.

use std::{io::ErrorKind, net::TcpListener};

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use crate::support::{
    Server,
    keys::{EC, ED, KeysFile, OTHER_RSA, RSA, jwks, name, secret_jwk},
    tokens::{Token, secret},
};

#[tokio::test]
async fn a_token_without_a_signature_is_none() {
    let server = Server::start().await;

    for none in ["none", "None", "NONE", "nOnE", "", "HS256"] {
        let token = Token::acme().with_header("alg", none);
        server.doors().bearing(&token.unsigned()).assert_closed(&format!("{none:?}, unsigned")).await;
    }
    for none in ["none", "None", "NONE", "nOnE"] {
        let token = Token::acme().with_header("alg", none);
        server.doors().bearing(&token.signed()).assert_closed(&format!("{none:?}, signed")).await;
    }
    server.doors().bearing(&Token::acme().signed()).assert_open("HS256, signed").await;
}

#[tokio::test]
async fn the_right_secret_signs_by_one_algorithm_only() {
    let server = Server::start().await;

    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = Token::acme().with_header("alg", name(algorithm)).signed_by(&secret(), algorithm);
        server.doors().bearing(&token).assert_closed(&format!("{algorithm:?}")).await;
        let token = Token::acme().signed_by(&secret(), algorithm);
        server.doors().bearing(&token).assert_closed(&format!("{algorithm:?}, said to be HS256")).await;
    }
    for spelling in ["hs256", "Hs256", "HS-256", "HS256 "] {
        let token = Token::acme().with_header("alg", spelling).signed();
        server.doors().bearing(&token).assert_closed(&format!("{spelling:?}")).await;
    }
    for wrong in [json!(null), json!(256), json!(["HS256"]), json!({ "HS256": true })] {
        let token = Token::acme().with_header("alg", wrong.clone()).signed();
        server.doors().bearing(&token).assert_closed(&format!("{wrong}")).await;
    }
    let token = Token::acme().without_header("alg").signed();
    server.doors().bearing(&token).assert_closed("no algorithm").await;
}

#[tokio::test]
async fn another_secret_signs_nothing() {
    let server = Server::start().await;

    for other in
        ["another secret for tests, of more than 32 bytes", "a secret for tests, of more than 32 byte", ""]
    {
        let token = Token::acme().signed_by(&EncodingKey::from_secret(other.as_bytes()), Algorithm::HS256);
        server.doors().bearing(&token).assert_closed("another secret").await;
    }
}

#[tokio::test]
async fn a_key_pair_is_no_key_where_a_secret_is() {
    let server = Server::start().await;

    for pair in [RSA, EC, ED] {
        let token = Token::acme().with_header("alg", name(pair.algorithm));
        let token = token.signed_by(&pair.signing(), pair.algorithm);
        server.doors().bearing(&token).assert_closed(&format!("{:?}", pair.algorithm)).await;
    }
}

/// The public key is known to everybody: taken for a secret, everybody could sign.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    for pair in [RSA, EC, ED] {
        let file = KeysFile::of(&jwks([pair.jwk("2026")]));
        let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

        let pem = pair.public_pem;
        for secret in [pem, pem.trim_end(), &pair.jwk("2026").to_string()] {
            let key = EncodingKey::from_secret(secret.as_bytes());
            let forged = Token::acme().signed_by(&key, Algorithm::HS256);
            server.doors().bearing(&forged).assert_closed("HS256").await;
            let forged = Token::acme().with_header("alg", name(pair.algorithm));
            let forged = forged.signed_by(&key, Algorithm::HS256);
            server.doors().bearing(&forged).assert_closed("HS256 by another name").await;
        }
        server.doors().bearing(&Token::acme().signed()).assert_closed("a secret").await;
        let good = Token::acme().with_header("alg", name(pair.algorithm));
        let good = good.signed_by(&pair.signing(), pair.algorithm);
        server.doors().bearing(&good).assert_open("the private key").await;
    }
}

/// A key that comes with the token, or that the token says where to fetch.
#[tokio::test]
async fn no_key_of_a_tokens_own_is_used_and_none_is_fetched() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", elsewhere.local_addr().unwrap());
    let file = KeysFile::of(&jwks([RSA.jwk("2026")]));
    let asymmetric = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;
    let symmetric = Server::start().await;
    let own_secret = b"a secret of the token's own, of more than 32 bytes";

    for (name, value) in [
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("url", json!(url)),
        ("x5c", json!([url])),
        ("jwk", OTHER_RSA.jwk("2026")),
        ("jwk", secret_jwk(own_secret, "secret")),
    ] {
        let token = Token::acme().with_header(name, value);
        let forged = token.signed_by(&EncodingKey::from_secret(own_secret), Algorithm::HS256);
        symmetric.doors().bearing(&forged).assert_closed(name).await;
        let forged = token.with_header("alg", "RS256").signed_by(&OTHER_RSA.signing(), Algorithm::RS256);
        asymmetric.doors().bearing(&forged).assert_closed(name).await;
    }
    let genuine = Token::acme().with_header("jku", url).with_header("alg", "RS256");
    let genuine = genuine.signed_by(&RSA.signing(), Algorithm::RS256);
    asymmetric.doors().bearing(&genuine).assert_open("the server's own key").await;

    let connected = elsewhere.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(connected, Err(ErrorKind::WouldBlock));
}
