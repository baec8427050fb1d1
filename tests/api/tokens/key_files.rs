//! Files of keys: which are taken, which are refused with a reason, what is read again and what is published.

use azotte_customers::{
    domain::clock::SystemClock,
    http::auth::{
        jwk::Unusable,
        jwt::TokenVerifier,
        jwt_keys::{KeySet, KeySource},
        surface::Surface,
    },
};
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use crate::support::{
    Client, Server,
    keys::{EC, ED, KeyPair, KeysFile, OTHER_RSA, PAIRS, RSA, jwks, name, secret_jwk},
    tokens::{Token, secret, settings},
};

const RSA_1024: &str = include_str!("../test_keys/rsa_1024.public.pem");
const P384: &str = include_str!("../test_keys/p384.public.pem");

fn signed(pair: &KeyPair, id: &str) -> String {
    let token = Token::acme().with_header("alg", name(pair.algorithm)).with_header("kid", id);
    token.signed_by(&pair.signing(), pair.algorithm)
}

async fn published(server: &Server) -> Value {
    Client::stranger(server.address).send(Method::GET, "/.well-known/jwks.json", "").await.json()
}

#[tokio::test]
async fn keys_of_a_jwks_verify_by_their_algorithm() {
    for [one, two] in PAIRS {
        let file = KeysFile::of(&jwks([one.jwk("2025"), two.jwk("2026")]));
        let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

        let case = format!("{:?}", one.algorithm);
        server.doors().bearing(&signed(&one, "2025")).assert_open(&case).await;
        server.doors().bearing(&signed(&two, "2026")).assert_open(&case).await;
        server.doors().bearing(&signed(&one, "2026")).assert_closed(&case).await;
        for stranger in PAIRS.into_iter().flatten().filter(|pair| pair.algorithm != one.algorithm) {
            server.doors().bearing(&signed(&stranger, "2025")).assert_closed(&case).await;
        }
    }
}

#[tokio::test]
async fn keys_of_a_pem_file_are_known_by_their_thumbprints() {
    for [one, two] in PAIRS {
        let file = KeysFile::of(&format!("{}\n{}", one.public_pem, two.public_pem));
        let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

        let ids: Vec<Value> = published(&server).await["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].clone())
            .collect();
        for (pair, id) in [one, two].iter().zip(&ids) {
            let id = id.as_str().unwrap();
            assert_eq!(id.len(), 43, "SHA-256 in Base64");
            server.doors().bearing(&signed(pair, id)).assert_open(id).await;
        }
    }
}

#[tokio::test]
async fn public_keys_are_published_and_nothing_else_of_them() {
    for [pair, other] in PAIRS {
        let mut leaky = pair.jwk("2026");
        leaky["d"] = json!("the private exponent");
        leaky["x5c"] = json!(["a certificate"]);
        let file = KeysFile::of(&jwks([leaky, other.jwk("2025")]));
        let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

        let published = published(&server).await;
        let keys = published["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            assert_eq!(key["alg"], name(pair.algorithm));
            assert_eq!(key["use"], "sig");
            for secret in ["d", "k", "p", "q", "dp", "dq", "qi"] {
                assert!(key.get(secret).is_none(), "{secret}");
            }
        }
        assert_eq!(keys[0]["kid"], "2026");
        for (member, value) in other.jwk("2025").as_object().unwrap() {
            assert_eq!(&keys[1][member], value, "{member}");
        }
    }
}

#[tokio::test]
async fn secrets_are_never_published() {
    let file = KeysFile::of(&jwks([secret_jwk(b"a secret in a file, of more than 32 bytes", "2026")]));
    let of_file = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;
    let of_setting = Server::start().await;

    assert_eq!(published(&of_file).await, json!({ "keys": [] }));
    assert_eq!(published(&of_setting).await, json!({ "keys": [] }));
}

#[tokio::test]
async fn a_secret_in_a_file_verifies_too() {
    let bytes = b"a secret in a file, of more than 32 bytes";
    let file = KeysFile::of(&jwks([secret_jwk(bytes, "2026")]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

    let key = EncodingKey::from_secret(bytes);
    let token = Token::acme().with_header("kid", "2026").signed_by(&key, Algorithm::HS256);
    server.doors().bearing(&token).assert_open("the file's").await;
    let token = Token::acme().with_header("kid", "2026").signed_by(&secret(), Algorithm::HS256);
    server.doors().bearing(&token).assert_closed("another").await;
}

#[test]
fn keys_that_will_not_do_are_refused_with_a_reason() {
    let formats = "AZOTTE_JWT_KEYS_FILE takes a JWKS, or PEM with public keys: RSA, EC P-256 or Ed25519";
    let none = |reason: Unusable| {
        format!("AZOTTE_JWT_KEYS_FILE has no key that tokens can be verified with: {reason}")
    };
    let [purpose, algorithm, incomplete, weak, ids] =
        [Unusable::Purpose, Unusable::Algorithm, Unusable::Incomplete, Unusable::Weak, Unusable::KeyId]
            .map(none);
    let formats = formats.to_owned();
    let stating = |algorithm: &str| {
        let mut jwk = RSA.jwk("a");
        jwk["alg"] = json!(algorithm);
        jwks([jwk])
    };

    for (text, reason) in [
        (String::new(), &formats),
        ("keys".to_owned(), &formats),
        ("{}".to_owned(), &formats),
        ("{".to_owned(), &formats),
        (r#"{"keys":{}}"#.to_owned(), &formats),
        (jwks([]), &formats),
        (RSA.private_pem.to_owned(), &formats),
        ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----".to_owned(), &formats),
        (P384.to_owned(), &algorithm),
        (jwks([json!({ "kty": "unknown", "kid": "a" })]), &algorithm),
        (jwks([json!({ "kty": "RSA", "kid": "a" })]), &incomplete),
        (stating("HS256"), &algorithm),
        (stating("RS384"), &algorithm),
        (stating("PS256"), &algorithm),
        (jwks([with(RSA.jwk("a"), "use", json!("enc"))]), &purpose),
        (RSA_1024.to_owned(), &weak),
        (jwks([secret_jwk(&[7; 31], "a")]), &weak),
        (jwks([RSA.jwk("")]), &ids),
        (jwks([RSA.jwk(&"a".repeat(257))]), &ids),
        (jwks([RSA.jwk("a\nb")]), &ids),
    ] {
        let file = KeysFile::of(&text);
        let error = KeySet::load(&KeySource::File(file.path())).err().expect("a refusal");
        assert_eq!(&error.to_string(), reason, "{text}");
    }
}

fn with(mut key: Value, member: &str, value: Value) -> Value {
    key[member] = value;
    key
}

/// Members of an issuer's list that are not for verifying signatures here.
fn keys_of_other_kinds() -> Vec<(Value, Unusable)> {
    let without = |member: &str| {
        let mut key = OTHER_RSA.jwk("other");
        key.as_object_mut().unwrap().remove(member);
        key
    };
    let other = |member: &str, value: Value| with(OTHER_RSA.jwk("other"), member, value);
    vec![
        // What every Keycloak realm has beside its key for signatures.
        (with(other("use", json!("enc")), "alg", json!("RSA-OAEP")), Unusable::Purpose),
        (other("use", json!("enc")), Unusable::Purpose),
        (other("use", json!("SIG")), Unusable::Purpose),
        (other("use", json!(5)), Unusable::Purpose),
        (other("key_ops", json!(["encrypt"])), Unusable::Purpose),
        (other("key_ops", json!(["sign"])), Unusable::Purpose),
        (other("key_ops", json!([])), Unusable::Purpose),
        (other("key_ops", json!("verify")), Unusable::Purpose),
        (other("alg", json!("RSA-OAEP-512")), Unusable::Algorithm),
        (other("alg", json!("PS256")), Unusable::Algorithm),
        (other("alg", json!(256)), Unusable::Algorithm),
        (other("kty", json!("AKP")), Unusable::Algorithm),
        (other("kty", json!(5)), Unusable::Algorithm),
        (without("kty"), Unusable::Algorithm),
        (without("n"), Unusable::Incomplete),
        (other("n", json!(5)), Unusable::Incomplete),
        (other("kid", json!(5)), Unusable::Incomplete),
        (with(OTHER_RSA.jwk("other"), "kid", json!("a\u{7}")), Unusable::KeyId),
        (
            json!({ "kty": "EC", "crv": "secp256k1", "kid": "other", "x": "AA", "y": "AA" }),
            Unusable::Algorithm,
        ),
        (json!({ "kty": "OKP", "crv": "X25519", "kid": "other", "x": "AA" }), Unusable::Algorithm),
        (json!({ "kty": "oct", "kid": "other", "k": "c2hvcnQ" }), Unusable::Weak),
        (json!("a string"), Unusable::Incomplete),
        (json!(null), Unusable::Incomplete),
        (OTHER_RSA.jwk("2026"), Unusable::SameKeyId),
    ]
}

#[test]
fn a_key_of_another_kind_costs_no_other_key() {
    for (other, reason) in keys_of_other_kinds() {
        // The first of two keys of one name counts.
        let lists = match reason {
            Unusable::SameKeyId => vec![vec![RSA.jwk("2026"), other.clone()]],
            _ => vec![vec![RSA.jwk("2026"), other.clone()], vec![other.clone(), RSA.jwk("2026")]],
        };
        for list in lists {
            let file = KeysFile::of(&jwks(list));
            let keys = KeySet::load(&KeySource::File(file.path())).unwrap();

            let reasons: Vec<_> = keys.skipped().iter().map(|skipped| skipped.reason).collect();
            assert_eq!(reasons, [reason], "{other}");
            let published = serde_json::to_value(keys.public()).unwrap();
            let ids: Vec<_> = published["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
            assert_eq!(ids, ["2026"], "{other}");
        }
    }
}

#[test]
fn a_skipped_key_is_named_by_what_can_be_shown_of_its_kid() {
    let skipped = with(OTHER_RSA.jwk("enc-1"), "use", json!("enc"));
    let file = KeysFile::of(&jwks([RSA.jwk("2026"), skipped, with(RSA.jwk("a"), "kid", json!("a\nb"))]));

    let keys = KeySet::load(&KeySource::File(file.path())).unwrap();

    let named: Vec<_> = keys.skipped().iter().map(|skipped| skipped.id.as_str()).collect();
    assert_eq!(named, ["enc-1", "-"]);
}

#[tokio::test]
async fn a_key_for_encryption_verifies_nothing() {
    let enc = with(OTHER_RSA.jwk("enc"), "use", json!("enc"));
    let file = KeysFile::of(&jwks([enc, RSA.jwk("sig")]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

    server.doors().bearing(&signed(&OTHER_RSA, "enc")).assert_closed("enc").await;
    server.doors().bearing(&signed(&RSA, "sig")).assert_open("sig").await;
}

#[tokio::test]
async fn what_a_jwk_says_besides_is_not_looked_at() {
    let mut jwk = RSA.jwk("2026");
    for (member, value) in [("x5c", json!(5)), ("x5t", json!({})), ("ext", json!("no")), ("iat", json!([]))] {
        jwk[member] = value;
    }
    for (member, value) in [("use", json!("sig")), ("key_ops", json!(["verify"])), ("alg", json!("RS256"))] {
        jwk[member] = value;
    }
    let file = KeysFile::of(&jwks([jwk]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

    server.doors().bearing(&signed(&RSA, "2026")).assert_open("all of them").await;
}

/// Each key is used with its own algorithm: a token cannot choose another one.
#[tokio::test]
async fn keys_of_several_algorithms_may_stand_in_one_list() {
    let secret = b"a secret in a file, of more than 32 bytes";
    let file = KeysFile::of(&jwks([RSA.jwk("a"), EC.jwk("b"), ED.jwk("c"), secret_jwk(secret, "d")]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;

    for (pair, id) in [(RSA, "a"), (EC, "b"), (ED, "c")] {
        server.doors().bearing(&signed(&pair, id)).assert_open(id).await;
        let by_secret = Token::acme().with_header("alg", "HS256").with_header("kid", id);
        let by_secret = by_secret.signed_by(&EncodingKey::from_secret(secret), Algorithm::HS256);
        server.doors().bearing(&by_secret).assert_closed(&format!("{id}, by the secret")).await;
        let public = EncodingKey::from_secret(pair.public_pem.as_bytes());
        let confused = Token::acme().with_header("alg", "HS256").with_header("kid", id);
        let confused = confused.signed_by(&public, Algorithm::HS256);
        server.doors().bearing(&confused).assert_closed(&format!("{id}, by its public half")).await;
    }
    server.doors().bearing(&signed(&RSA, "b")).assert_closed("the name of another kind").await;
}

#[test]
fn keys_that_are_not_there_are_missed() {
    let missing = std::env::temp_dir().join("azotte-test-keys-that-are-not-there");

    let error = KeySet::load(&KeySource::File(missing)).err().expect("a refusal").to_string();

    assert!(error.starts_with("AZOTTE_JWT_KEYS_FILE cannot be read: "), "{error}");
}

#[test]
fn a_secret_has_32_bytes() {
    let of = |bytes: usize| KeySet::load(&KeySource::Secret("s".repeat(bytes).into()));

    assert!(of(32).is_ok());
    assert_eq!(of(31).err().unwrap().to_string(), "AZOTTE_JWT_SECRET takes at least 32 bytes");
}

#[test]
fn reloaded_keys_replace_the_old_ones_and_broken_ones_do_not() {
    let file = KeysFile::of(&jwks([RSA.jwk("2025")]));
    let keys = KeySource::File(file.path());
    let verifier = TokenVerifier::new(Some(settings(keys)), SystemClock::shared()).unwrap();
    let takes = |pair: &KeyPair, id: &str| {
        let bearer = HeaderValue::try_from(format!("Bearer {}", signed(pair, id))).unwrap();
        let headers = HeaderMap::from_iter([("authorization".parse().unwrap(), bearer)]);
        verifier.of_request(&headers, Surface::Partner).is_ok()
    };
    assert_eq!((takes(&RSA, "2025"), takes(&OTHER_RSA, "2026")), (true, false));

    file.replace(&jwks([RSA.jwk("2025"), OTHER_RSA.jwk("2026")]));
    assert_eq!((takes(&RSA, "2025"), takes(&OTHER_RSA, "2026")), (true, false), "not read by itself");
    verifier.reload().unwrap();
    assert_eq!((takes(&RSA, "2025"), takes(&OTHER_RSA, "2026")), (true, true), "the overlap");

    file.replace(&jwks([OTHER_RSA.jwk("2026")]));
    verifier.reload().unwrap();
    assert_eq!((takes(&RSA, "2025"), takes(&OTHER_RSA, "2026")), (false, true), "the old one is gone");

    file.replace("not keys");
    assert!(verifier.reload().is_err());
    assert_eq!((takes(&RSA, "2025"), takes(&OTHER_RSA, "2026")), (false, true), "as it was");

    file.replace(&jwks([EC.jwk("2027")]));
    verifier.reload().unwrap();
    assert_eq!((takes(&OTHER_RSA, "2026"), takes(&EC, "2027")), (false, true), "another algorithm");
}
