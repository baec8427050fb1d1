//! Headers that may be sent once.

use axum::http::{HeaderMap, header::AsHeaderName};

/// The value of a header that was sent exactly once, as text; two values are as good as none.
pub fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
