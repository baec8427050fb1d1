//! The service of one connection: tells [`Progress`] when a request begins and when its answer is taken.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderName, HeaderValue, Version},
    response::Response,
};
use hyper::body::{Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

use super::progress::{OpenRequest, Progress};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

#[derive(Clone)]
pub struct Watched<S> {
    inner: S,
    progress: Arc<Progress>,
    /// What HTTP/1 clients are told of the time between two requests.
    keep_alive: HeaderValue,
}

impl<S> Watched<S> {
    pub fn new(inner: S, progress: Arc<Progress>, keep_alive: HeaderValue) -> Self {
        Self { inner, progress, keep_alive }
    }
}

impl<S> Service<Request<Incoming>> for Watched<S>
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let open = self.progress.begin_request();
        let keep_alive = (request.version() < Version::HTTP_2).then(|| self.keep_alive.clone());
        Answering { inner: self.inner.call(request), open: Some(open), keep_alive }
    }
}

pin_project! {
    pub struct Answering<F> {
        #[pin]
        inner: F,
        open: Option<OpenRequest>,
        keep_alive: Option<HeaderValue>,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Answering<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(context))?;
        if let Some(keep_alive) = this.keep_alive.take() {
            response.headers_mut().insert(KEEP_ALIVE, keep_alive);
        }
        let Some(open) = this.open.take() else { return Poll::Ready(Ok(response)) };
        open.wait_for_client();
        Poll::Ready(Ok(response.map(|body| Body::new(Taken { body, open }))))
    }
}

/// A body that tells when a part of it is taken.
struct Taken {
    body: Body,
    open: OpenRequest,
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.open.wait_for_client();
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
