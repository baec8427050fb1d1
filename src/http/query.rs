//! Query parameters, decoded; unknown ones are ignored, and told.

use std::{convert::Infallible, ops::RangeInclusive};

use axum::{extract::FromRequestParts, http::request::Parts};
use percent_encoding::percent_decode_str;

use super::body::unrecognized;
use crate::domain::{
    field_error::{FieldError, FieldErrors},
    problem::Problem,
};

/// Names and values in the order they were sent; `None` for a value that is not UTF-8.
pub struct QueryPairs(Vec<(String, Option<String>)>);

impl<S: Send + Sync> FromRequestParts<S> for QueryPairs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Ok(Self(pairs.map(|(name, value)| (decode(name).unwrap_or_default(), decode(value))).collect()))
    }
}

impl QueryPairs {
    /// The names that mean nothing here.
    pub fn unknown(&self, is_known: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.filter(move |name| !name.is_empty() && !is_known(name))
    }

    /// Tells of the names that mean nothing here, on the answer.
    pub fn tell_unrecognized(&self, is_known: impl Fn(&str) -> bool) {
        unrecognized::note(|found| found.in_query(self.unknown(is_known)));
    }

    /// The first of these names that was sent, parsed. Sent twice it is an error: which one is meant?
    pub fn first<T>(
        &self,
        names: &[&str],
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<Option<T>, FieldError> {
        for name in names {
            let mut values = self.0.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value);
            let checked = match (values.next(), values.next()) {
                (None, _) => continue,
                (Some(Some(value)), None) => parse(value),
                (Some(None), None) => Err(Problem::InvalidCharacters),
                (Some(_), Some(_)) => Err(Problem::DuplicateKey),
            };
            return checked.map(Some).map_err(|problem| FieldError::new(*name, problem));
        }
        Ok(None)
    }
}

/// Puts what is wrong among `errors`, so that all of it is told at once.
pub fn note<T>(parsed: Result<Option<T>, FieldError>, errors: &mut FieldErrors) -> Option<T> {
    parsed.unwrap_or_else(|error| {
        errors.extend([error]);
        None
    })
}

pub fn whole_number(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, Problem> {
    move |text| text.parse().ok().filter(|number| range.contains(number)).ok_or(Problem::OutOfRange)
}

/// `application/x-www-form-urlencoded`, strictly: bytes that are not UTF-8 are not replaced but refused.
fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|decoded| decoded.into_owned())
}
