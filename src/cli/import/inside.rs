//! Identities that a file holds twice. A dry run writes nothing, so the API cannot tell.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use serde::Deserialize;

use super::fault::Fault;
use crate::domain::{email::Email, phone::PhoneNumber};

pub struct Inside {
    hasher: RandomState,
    /// Hashes of what was seen, each with its kind: eight bytes for an identity.
    seen: HashSet<u64>,
    /// Whether a second line of an external id goes on with the customer of the first.
    goes_on: bool,
}

#[derive(Deserialize)]
struct Line {
    operation: String,
    #[serde(default)]
    customer: Option<Identities>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identities {
    external_identifier: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
}

impl Inside {
    /// `lines`: of the file.
    pub fn new(goes_on: bool, lines: u64) -> Self {
        let identities = usize::try_from(lines).unwrap_or_default().saturating_mul(KINDS);
        Self { hasher: RandomState::new(), seen: HashSet::with_capacity(identities), goes_on }
    }

    /// Looks whether a store collides with one before it, once it is known to be good by itself.
    pub fn collisions(&mut self, line: &str) -> Vec<Fault> {
        let Ok(Line { operation, customer: Some(customer) }) = serde_json::from_str(line) else {
            return Vec::new();
        };
        let Some(external_id) =
            customer.external_identifier.filter(|_| operation.eq_ignore_ascii_case("store"))
        else {
            return Vec::new();
        };
        if self.is_again(EXTERNAL_ID, &external_id) {
            return if self.goes_on { Vec::new() } else { vec![twice(EXTERNAL_ID)] };
        }
        let email = customer.email.and_then(|email| Email::parse(&email).ok());
        let phone = customer.phone_number.and_then(|phone| PhoneNumber::parse(&phone).ok());
        let identities =
            [(EMAIL, email.as_ref().map(Email::canonical)), (PHONE, phone.as_ref().map(PhoneNumber::as_str))];
        let again =
            identities.into_iter().filter(|(kind, value)| value.is_some_and(|it| self.is_again(*kind, it)));
        again.map(|(kind, _)| twice(kind)).collect()
    }

    fn is_again(&mut self, kind: Kind, value: &str) -> bool {
        !self.seen.insert(self.hasher.hash_one((kind, value)))
    }
}

/// A field, and the API's code for a value that another customer has.
type Kind = (&'static str, &'static str);

const EXTERNAL_ID: Kind = ("customer.externalIdentifier", "CUSTOMER_ALREADY_STORED");
const EMAIL: Kind = ("customer.email", "USER_WITH_SAME_EMAIL_EXISTS");
const PHONE: Kind = ("customer.phoneNumber", "USER_WITH_SAME_PHONE_NUMBER_EXISTS");
const KINDS: usize = 3;

fn twice((field, code): Kind) -> Fault {
    Fault::twice_in_file(field, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(inside: &mut Inside, customer: &str) -> Vec<String> {
        let line = format!(r#"{{"operation":"store","customer":{customer}}}"#);
        inside.collisions(&line).into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn an_identity_is_told_where_it_comes_again() {
        let mut inside = Inside::new(false, 1);
        assert!(codes(&mut inside, r#"{"externalIdentifier":"a","email":"A@x.example"}"#).is_empty());
        assert!(
            codes(&mut inside, r#"{"externalIdentifier":"b","phoneNumber":"+49 170 1234567"}"#).is_empty()
        );
        assert_eq!(codes(&mut inside, r#"{"externalIdentifier":"a"}"#), ["CUSTOMER_ALREADY_STORED"]);
        assert_eq!(
            codes(
                &mut inside,
                r#"{"externalIdentifier":"c","email":"a@X.example","phoneNumber":"+491701234567"}"#
            ),
            ["USER_WITH_SAME_EMAIL_EXISTS", "USER_WITH_SAME_PHONE_NUMBER_EXISTS"]
        );
        assert!(inside.collisions(r#"{"operation":"delete","customerUrn":"cu.00.1"}"#).is_empty());
        assert!(inside.collisions("nonsense").is_empty());

        let mut inside = Inside::new(true, 1);
        codes(&mut inside, r#"{"externalIdentifier":"a","email":"a@x.example"}"#);
        assert!(codes(&mut inside, r#"{"externalIdentifier":"a","email":"a@x.example"}"#).is_empty());
    }
}
