//! What is left of a request's body once it is answered. On HTTP/1.1 the next request comes behind it.
//!
//! A server that closes such a connection without a word makes clients lose the answer, or the next request. So what is
//! left is read, within limits; where it is more, the answer says that the connection closes (RFC 9112, 9.6).

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{
        HeaderValue, Version,
        header::{CONNECTION, EXPECT},
    },
    response::Response,
};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

const MAX_BYTES: usize = 256 * 1024;
const MAX_TIME: Duration = Duration::from_millis(500);

/// A request's body, seen from behind its handler.
pub struct UnreadBody(Option<SharedBody>);

#[derive(Clone)]
struct SharedBody(Arc<Mutex<Body>>);

impl UnreadBody {
    /// The request, and what looks after its body.
    pub fn of(request: Request) -> (Request, Self) {
        let is_left_to_read = request.version() == Version::HTTP_11
            && !request.body().is_end_stream()
            // Such a client sends its body only once it is asked for.
            && !request.headers().contains_key(EXPECT);
        if !is_left_to_read {
            return (request, Self(None));
        }
        let (head, body) = request.into_parts();
        let body = SharedBody(Arc::new(Mutex::new(body)));
        (Request::from_parts(head, Body::new(body.clone())), Self(Some(body)))
    }

    /// Reads what is left, or says on the answer that the connection closes.
    pub async fn settle(self, response: &mut Response) {
        let closes = response.headers().contains_key(CONNECTION);
        let Some(mut body) = self.0.filter(|body| !closes && !body.is_end_stream()) else { return };
        let is_read = timeout(MAX_TIME, body.read_to_end()).await.unwrap_or(false);
        if !is_read {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl SharedBody {
    /// Whether the end came within [`MAX_BYTES`].
    async fn read_to_end(&mut self) -> bool {
        let mut read = 0;
        while let Some(frame) = self.frame().await {
            let Ok(frame) = frame else { return false };
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > MAX_BYTES {
                return false;
            }
        }
        true
    }

    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
