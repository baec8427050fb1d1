//! What an HTTP/1.1 head must hold beyond what hyper asks: one host (RFC 9112, 3.2), and no coding of the message but
//! `chunked` (RFC 9112, 6.1). Servers in a row that read such a head differently can be made to disagree on where a
//! request ends or whom it is for, so the connection closes too.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderValue, StatusCode, Version,
        header::{CONNECTION, HOST, TRANSFER_ENCODING},
        uri::Authority,
    },
    response::{IntoResponse, Response},
};

/// The answer to a head that is not taken: 400, or 501 for a coding we do not know; no body.
pub fn refuse(request: &Request) -> Option<Response> {
    if request.version() != Version::HTTP_11 {
        return None;
    }
    let status = wrong_coding(request.headers()).or_else(|| wrong_host(request.headers()))?;
    Some((status, [(CONNECTION, HeaderValue::from_static("close"))]).into_response())
}

fn wrong_coding(headers: &HeaderMap) -> Option<StatusCode> {
    let values = headers.get_all(TRANSFER_ENCODING).iter();
    let codings: Vec<_> = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).collect();
    let is_chunked = |coding: &&[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
    match codings.as_slice() {
        [] => None,
        [coding] if is_chunked(coding) => None,
        several if several.iter().all(is_chunked) => Some(StatusCode::BAD_REQUEST),
        _ => Some(StatusCode::NOT_IMPLEMENTED),
    }
}

fn wrong_host(headers: &HeaderMap) -> Option<StatusCode> {
    let mut hosts = headers.get_all(HOST).iter();
    let is_right = hosts.next().is_some_and(is_host) && hosts.next().is_none();
    (!is_right).then_some(StatusCode::BAD_REQUEST)
}

/// A name or an address, with or without a port; no user.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(value.as_bytes()) else { return false };
    let (text, host) = (authority.as_str(), authority.host());
    let is_port = |rest: &str| matches!(rest, "" | ":") || authority.port_u16().is_some();
    !host.is_empty() && !text.contains('@') && text.strip_prefix(host).is_some_and(is_port)
}
