//! Headers of every answer: personal data is not to be cached, and a body is what its type says.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

pub fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// `Allow` belongs to 405. The router adds it to whatever a layer answers to a wrong method, and so to a
/// stranger's 401, which would then tell which methods there are.
pub fn hide_methods(mut response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().remove(header::ALLOW);
    }
    response
}
