//! The requests of one connection: tells [`Progress`] when one begins and when its answer is taken.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Bytes, HttpBody},
    http::{HeaderName, HeaderValue, Response, Version},
};
use hyper::body::{Frame, SizeHint};
use pin_project_lite::pin_project;

use super::progress::{OpenRequest, Progress};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

pub struct Watch {
    progress: Arc<Progress>,
    /// What HTTP/1 clients are told of the time between two requests.
    keep_alive: HeaderValue,
}

/// A request that is being answered.
pub struct Answering {
    open: OpenRequest,
    keep_alive: Option<HeaderValue>,
}

impl Watch {
    pub fn new(progress: Arc<Progress>, keep_alive: HeaderValue) -> Self {
        Self { progress, keep_alive }
    }

    /// A head is complete.
    pub fn begin(&self, version: Version) -> Answering {
        let keep_alive = (version < Version::HTTP_2).then(|| self.keep_alive.clone());
        Answering { open: self.progress.begin_request(), keep_alive }
    }
}

impl Answering {
    /// The answer is there: what is left is for the client to take it.
    pub fn watch<B>(self, mut response: Response<B>) -> Response<Watched<B>> {
        let Self { open, keep_alive } = self;
        if let Some(keep_alive) = keep_alive {
            response.headers_mut().insert(KEEP_ALIVE, keep_alive);
        }
        open.wait_for_client();
        response.map(|body| Watched { body, open })
    }
}

pin_project! {
    /// A body that tells when a part of it is taken.
    pub struct Watched<B> {
        #[pin]
        body: B,
        open: OpenRequest,
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = this.body.poll_frame(context);
        if frame.is_ready() {
            this.open.wait_for_client();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
