//! Headers of every answer: personal data is not to be cached, a body is what its type says, and a server that is about to
//! stop keeps no connection.

use axum::{
    body::{Body, HttpBody},
    http::{HeaderValue, Method, Version, header},
    response::Response,
};

/// Completes the answer to a request by this method.
pub fn add(method: &Method, version: Version, is_stopping: bool, mut response: Response) -> Response {
    // The router does this for its own answers.
    let length = response.body().size_hint().exact();
    let headers = response.headers_mut();
    if let Some(length) = length {
        headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // HTTP/2 has a frame for this, which is sent at the end.
    if is_stopping && version < Version::HTTP_2 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}
