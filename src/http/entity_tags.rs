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
        match parse(value.as_bytes()) {
            Some(Tags::Any) => return Ok(Some(Tags::Any)),
            Some(Tags::These(found)) => tags.extend(found),
            None => return Err(MalformedTags),
        }
    }
    Ok(is_there.then_some(Tags::These(tags)))
}

/// `*`, or a list whose elements may be empty (RFC 9110, 5.6.1.2), but not all of them.
fn parse(list: &[u8]) -> Option<Tags> {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let (tag, after) = parse_tag(rest)?;
        tags.push(tag);
        rest = after.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
    (!tags.is_empty()).then_some(Tags::These(tags))
}

/// The tag at the start, and what follows it. Its text may hold commas and bytes above ASCII (RFC 9110, 8.8.3).
fn parse_tag(text: &[u8]) -> Option<(Tag, &[u8])> {
    let (is_weak, quoted) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
    let text = quoted.strip_prefix(b"\"")?;
    let end = text.iter().position(|byte| *byte == b'"')?;
    let (opaque, after) = (&text[..end], &text[end + 1..]);
    let is_tag = opaque.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
    is_tag.then(|| (Tag { is_weak, version: version(opaque) }, after))
}

fn version(opaque: &[u8]) -> Option<i64> {
    let is_canonical = opaque.first().is_some_and(|first| (b'1'..=b'9').contains(first));
    std::str::from_utf8(opaque).ok().filter(|_| is_canonical)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREIGN: Tag = Tag { is_weak: false, version: None };

    fn tag(version: i64) -> Tag {
        Tag { is_weak: false, version: Some(version) }
    }

    #[test]
    fn a_tag_is_a_version_in_quotes() {
        assert_eq!(parse(b"\"3\""), Some(Tags::These(vec![tag(3)])));
        assert_eq!(parse(b"*"), Some(Tags::Any));
        assert_eq!(parse(b"W/\"3\""), Some(Tags::These(vec![Tag { is_weak: true, version: Some(3) }])));
        for foreign in
            ["\"abc\"", "\"03\"", "\"+3\"", "\"\"", "\"99999999999999999999\"", "\"a,b\"", "\"\u{e9}\""]
        {
            assert_eq!(parse(foreign.as_bytes()), Some(Tags::These(vec![FOREIGN])), "{foreign}");
        }
    }

    #[test]
    fn a_list_may_have_empty_elements() {
        for list in ["\"3\", \"14\"", "\"3\",\"14\"", "\"3\" , ,\"14\",", ", \"3\",\t\"14\""] {
            assert_eq!(parse(list.as_bytes()), Some(Tags::These(vec![tag(3), tag(14)])), "{list}");
        }
        assert_eq!(parse(b"\"a,b\", \"2\""), Some(Tags::These(vec![FOREIGN, tag(2)])));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let wrong = [
            "",
            ",",
            " , ",
            "3",
            "\"3",
            "3\"",
            "\"3\"\"",
            "\"3\" \"4\"",
            "w/\"3\"",
            "W/ \"3\"",
            "\"a b\"",
            "*, \"3\"",
            "\"3\", *",
        ];
        for wrong in wrong {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
