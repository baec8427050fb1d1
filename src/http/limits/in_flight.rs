//! A bounded number of requests in flight. One more is refused at once, before anything is done for it: a queue
//! would only make every request late.
//!
//! A request whose client is slow to send its body is not in flight: it gives up its slot until the body is there.
//! Otherwise a few hundred slow clients would occupy the whole server.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{extract::Request, response::Response};
use futures_util::future::Either;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::Service;

use super::Limits;
use crate::http::middleware::{correlation, request_log::NO_ROUTE, response_headers};
use crate::telemetry::metrics::{self, Present};

/// How long a body may take to arrive before its request gives up its slot.
const GRACE: Duration = Duration::from_millis(20);

tokio::task_local! {
    static SLOT: Slot;
}

pub struct InFlightLimit(Arc<Semaphore>);

/// As many requests are in flight as the server takes.
#[derive(Debug)]
pub struct Overloaded;

impl InFlightLimit {
    pub fn new(slots: u64) -> Self {
        let slots = usize::try_from(slots).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))))
    }
}

/// What a request that is not let in is answered.
pub type Refusal = fn(&Request) -> Response;

/// Lets a request in, or refuses it. Around the router, and cheap to clone: a refusal must cost next to nothing.
#[derive(Clone)]
pub struct LoadShed<S> {
    inner: S,
    limits: Arc<Limits>,
    refusal: Refusal,
}

impl<S> LoadShed<S> {
    pub fn new(inner: S, limits: Arc<Limits>, refusal: Refusal) -> Self {
        Self { inner, limits, refusal }
    }
}

impl<S> Service<Request> for LoadShed<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Ok(slot) = Slot::take(&self.limits.in_flight) else {
            return Either::Right(ready(Ok(refuse(&request, self.refusal))));
        };
        request.extensions_mut().insert(slot);
        Either::Left(self.inner.call(request))
    }
}

/// Keeps the slot of a request for as long as it is worked on, even if its client is gone.
pub async fn with_slot<F: Future<Output = Response>>(
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let Some(slot) = request.extensions_mut().remove::<Slot>() else { return next(request).await };
    let _in_flight = Present::request();
    SLOT.scope(slot, next(request)).await
}

/// Waits for something of the client's, without a slot if it takes long.
pub async fn release_while<T>(arrival: impl Future<Output = T>) -> Result<T, Overloaded> {
    let mut arrival = pin!(arrival);
    if let Ok(arrived) = timeout(GRACE, &mut arrival).await {
        return Ok(arrived);
    }
    let Ok(slot) = SLOT.try_with(Clone::clone) else { return Ok(arrival.await) };
    slot.leave();
    let arrived = arrival.await;
    slot.enter().inspect_err(|_| metrics::shed()).map(|()| arrived)
}

/// Counted, and not in the log: a full server has no time for a line each.
fn refuse(request: &Request, refusal: Refusal) -> Response {
    let started = Instant::now();
    let response = correlation::with_correlation_id_sync(request, || refusal(request));
    metrics::shed();
    let method = metrics::method(request.method().as_str());
    metrics::request(NO_ROUTE, method, response.status().as_u16(), started.elapsed());
    response_headers::add(response)
}

#[derive(Clone)]
struct Slot {
    limit: Arc<Semaphore>,
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Slot {
    fn take(limit: &InFlightLimit) -> Result<Self, Overloaded> {
        let slot = Self { limit: limit.0.clone(), permit: Arc::default() };
        slot.enter().map(|()| slot)
    }

    fn enter(&self) -> Result<(), Overloaded> {
        let permit = self.limit.clone().try_acquire_owned().map_err(|_| Overloaded)?;
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
        Ok(())
    }

    fn leave(&self) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
