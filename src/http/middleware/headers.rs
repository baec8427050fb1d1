//! Headers of every answer: personal data is not to be cached, and a body is what its type says.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

pub async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add_to(&mut response);
    response
}

pub fn add_to(response: &mut Response) {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// `Allow` belongs to 405. The router adds it to whatever a layer answers to a wrong method, and so to a
/// stranger's 401, which would then tell which methods there are.
pub async fn keep_methods_from_strangers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().remove(header::ALLOW);
    }
    response
}
