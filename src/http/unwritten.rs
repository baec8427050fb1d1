//! Bytes of an answer that keep something until they are written: a slot, or a place.
//!
//! That a body was handed out is not enough. HTTP/2 queues it until the client's window opens, and HTTP/1 until the
//! socket takes it; both drop its bytes once they are written.

use axum::body::Bytes;

struct Unwritten<T> {
    bytes: Bytes,
    _kept: T,
}

/// `bytes`, which drop `kept` once they are written.
pub fn keeping<T: Send + 'static>(bytes: Bytes, kept: T) -> Bytes {
    Bytes::from_owner(Unwritten { bytes, _kept: kept })
}

impl<T> AsRef<[u8]> for Unwritten<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
