//! Versions as entity tags (RFC 9110, 8.8.3 and 13.1): `"3"` is version 3 of a customer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// `ETag` of a version.
pub fn etag(version: i64) -> (HeaderName, HeaderValue) {
    // Digits in quotes are always a header value.
    let value = HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
}

#[derive(Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    pub is_weak: bool,
    /// `None`: a tag that no version of ours has.
    pub version: Option<i64>,
}

/// What is there is no list of entity tags.
#[derive(Debug)]
pub struct MalformedTags;

/// The tags of all headers of this name; `None` where there is none.
pub fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, MalformedTags> {
    let mut tags = Vec::new();
    let mut is_there = false;
    for value in headers.get_all(name) {
        is_there = true;
        match value.to_str().ok().and_then(parse) {
            Some(Tags::Any) => return Ok(Some(Tags::Any)),
            Some(Tags::These(found)) => tags.extend(found),
            None => return Err(MalformedTags),
        }
    }
    Ok(is_there.then_some(Tags::These(tags)))
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
