//! Versions as entity tags (RFC 9110, 8.8.3 and 13.1): `"3"` is version 3 of a customer.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};

use super::c2a::status::C2aError;
use crate::domain::{precondition::Precondition, problem::Problem};

/// `ETag` of a version.
pub fn etag(version: i64) -> (HeaderName, HeaderValue) {
    // Digits in quotes are always a header value.
    let value = HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
}

/// `If-Match`: the versions a change is meant for. Weak tags match none.
pub struct IfMatch(pub Precondition);

/// `If-None-Match`: the versions the caller has.
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Whether the caller has this version.
    pub fn has(&self, version: i64) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag.version == Some(version)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = C2aError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, C2aError> {
        Ok(Self(match tags(&parts.headers, &header::IF_MATCH)? {
            None | Some(Tags::Any) => Precondition::None,
            Some(Tags::These(tags)) => {
                let strong = tags.into_iter().filter(|tag| !tag.is_weak);
                Precondition::Versions(strong.filter_map(|tag| tag.version).collect())
            }
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = C2aError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, C2aError> {
        tags(&parts.headers, &header::IF_NONE_MATCH).map(Self)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    /// `None`: a tag that no version of ours has.
    version: Option<i64>,
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, C2aError> {
    let mut tags = Vec::new();
    let mut is_there = false;
    for value in headers.get_all(name) {
        is_there = true;
        match value.to_str().ok().and_then(parse) {
            Some(Tags::Any) => return Ok(Some(Tags::Any)),
            Some(Tags::These(found)) => tags.extend(found),
            None => return Err(C2aError::invalid(canonical_name(name), Problem::InvalidVersion)),
        }
    }
    Ok(is_there.then_some(Tags::These(tags)))
}

fn canonical_name(name: &HeaderName) -> &'static str {
    if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" }
}

fn parse(list: &str) -> Option<Tags> {
    if list.trim() == "*" {
        return Some(Tags::Any);
    }
    list.split(',').map(|tag| parse_tag(tag.trim())).collect::<Option<Vec<_>>>().map(Tags::These)
}

fn parse_tag(tag: &str) -> Option<Tag> {
    let (is_weak, quoted) = tag.strip_prefix("W/").map_or((false, tag), |rest| (true, rest));
    let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let is_canonical = !opaque.starts_with(['0', '+', '-']);
    (!opaque.contains('"')).then(|| Tag { is_weak, version: opaque.parse().ok().filter(|_| is_canonical) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: i64) -> Tag {
        Tag { is_weak: false, version: Some(version) }
    }

    #[test]
    fn a_tag_is_a_version_in_quotes() {
        assert_eq!(parse("\"3\""), Some(Tags::These(vec![version(3)])));
        assert_eq!(parse("\"3\", \"14\""), Some(Tags::These(vec![version(3), version(14)])));
        assert_eq!(parse("*"), Some(Tags::Any));
        assert_eq!(parse("W/\"3\""), Some(Tags::These(vec![Tag { is_weak: true, version: Some(3) }])));
        for foreign in ["\"abc\"", "\"03\"", "\"+3\"", "\"\"", "\"99999999999999999999\""] {
            assert_eq!(parse(foreign), Some(Tags::These(vec![Tag { is_weak: false, version: None }])));
        }
        for wrong in ["", "3", "\"3", "3\"", "\"3\"\"", "\"3\",", "w/\"3\""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
