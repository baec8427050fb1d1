//! The reader of tokens on whatever can stand in the header: it never panics, and lets nothing in but what was signed.

use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use azotte_customers::{
    domain::clock::SystemClock,
    http::auth::{jwt::TokenVerifier, jwt_keys::KeySource, surface::Surface},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::support::{
    server::JWT_SECRET,
    tokens::{AUDIENCE, Token, sealed, settings},
};

const CASES: u32 = 3000;

#[test]
fn no_header_is_let_in_and_none_makes_it_panic() {
    let verifier = verifier();
    for_all(vec(any::<u8>(), 0..200), |bytes| {
        for prefix in ["", "Bearer ", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."] {
            let Ok(value) = HeaderValue::from_bytes(&[prefix.as_bytes(), &bytes].concat()) else { continue };
            prop_assert!(!is_let_in(&verifier, value));
        }
        Ok(())
    });
}

/// Signed by us, so that what is inside is read.
#[test]
fn no_content_makes_it_panic() {
    let verifier = verifier();
    let header = Token::acme().header();
    for_all(any::<String>(), |claims| {
        for payload in [claims.clone(), format!(r#"{{"aud":"{AUDIENCE}","exp":{claims}}}"#)] {
            prop_assert!(!is_let_in(&verifier, bearer(&sealed(&header, payload))));
        }
        Ok(())
    });
}

#[test]
fn a_token_with_any_character_changed_is_refused() {
    let verifier = verifier();
    let token = Token::acme().signed();
    assert!(is_let_in(&verifier, bearer(&token)), "as it was signed it is let in");

    for_all((0..token.len(), "[A-Za-z0-9_.-]"), |(at, character)| {
        let mut changed = token.clone();
        changed.replace_range(at..=at, &character);
        if changed != token {
            prop_assert!(!is_let_in(&verifier, bearer(&changed)), "{}", at);
        }
        Ok(())
    });
}

fn for_all<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, ..Config::with_cases(CASES) };
    TestRunner::new(config).run(&strategy, property).unwrap();
}

fn verifier() -> TokenVerifier {
    let settings = settings(KeySource::Secret(JWT_SECRET.into()));
    TokenVerifier::new(Some(settings), SystemClock::shared()).unwrap()
}

fn is_let_in(verifier: &TokenVerifier, value: HeaderValue) -> bool {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    [Surface::C2a, Surface::Partner].into_iter().any(|surface| verifier.of_request(&headers, surface).is_ok())
}

fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
}
