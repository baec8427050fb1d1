//! A bounded number of requests in work. One more is refused at once, before anything is done for it: a queue
//! would only make everybody late.
//!
//! A request whose client is slow to send its body is not in work: it gives up its place until the body is
//! there, or a few hundred slow clients would be the whole server.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::Either;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::Service;

use super::Limits;
use crate::http::{
    c2a::status::C2aError,
    middleware::{correlation, headers, request_log::NO_ROUTE},
    partner::error::PartnerError,
};
use crate::telemetry::metrics::{self, Present};

/// How long a body may take to arrive before its request counts as waiting for the client.
const GRACE: Duration = Duration::from_millis(20);

tokio::task_local! {
    static PLACE: Place;
}

pub struct Gate(Arc<Semaphore>);

/// The server has as many requests in work as it takes.
#[derive(Debug)]
pub struct Full;

impl Gate {
    pub fn new(places: u64) -> Self {
        let places = usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))))
    }
}

/// Lets a request in, or refuses it in the envelope of the surface it asked for. Around the router, and cheap to
/// copy: what is refused must cost next to nothing.
#[derive(Clone)]
pub struct Gated<S> {
    inner: S,
    limits: Arc<Limits>,
}

impl<S> Gated<S> {
    pub fn new(inner: S, limits: Arc<Limits>) -> Self {
        Self { inner, limits }
    }
}

impl<S> Service<Request> for Gated<S>
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
        if !is_for_operators(request.uri().path()) {
            let Ok(place) = Place::take(&self.limits.gate) else {
                return Either::Right(ready(Ok(refuse(&request))));
            };
            request.extensions_mut().insert(place);
        }
        Either::Left(self.inner.call(request))
    }
}

/// Keeps the place of a request for as long as it is worked on, even if nobody waits for it any more.
pub async fn hold<F: Future<Output = Response>>(
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let Some(place) = request.extensions_mut().remove::<Place>() else { return next(request).await };
    let _in_flight = Present::request();
    PLACE.scope(place, next(request)).await
}

/// Waits for something of the client's, without a place if it takes long.
pub async fn outside<T>(arrival: impl Future<Output = T>) -> Result<T, Full> {
    let mut arrival = pin!(arrival);
    if let Ok(arrived) = timeout(GRACE, &mut arrival).await {
        return Ok(arrived);
    }
    let Ok(place) = PLACE.try_with(Clone::clone) else { return Ok(arrival.await) };
    place.leave();
    let arrived = arrival.await;
    place.enter().inspect_err(|_| metrics::shed()).map(|()| arrived)
}

/// Whoever looks after a full server must be able to see that it is alive, and full.
fn is_for_operators(path: &str) -> bool {
    path == "/metrics" || path.starts_with("/health/")
}

/// Counted, and not in the log: a line for each would be work that a full server has no time for.
fn refuse(request: &Request) -> Response {
    let started = Instant::now();
    let is_partner = request.uri().path().starts_with("/v1/Customers");
    let response = correlation::tie_answer(request, || match is_partner {
        true => PartnerError::Unavailable.into_response(),
        false => C2aError::Unavailable.into_response(),
    });
    metrics::shed();
    let method = metrics::method(request.method().as_str());
    metrics::request(NO_ROUTE, method, response.status().as_u16(), started.elapsed());
    headers::add(response)
}

#[derive(Clone)]
struct Place {
    gate: Arc<Semaphore>,
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Place {
    fn take(gate: &Gate) -> Result<Self, Full> {
        let place = Self { gate: gate.0.clone(), permit: Arc::default() };
        place.enter().map(|()| place)
    }

    fn enter(&self) -> Result<(), Full> {
        let permit = self.gate.clone().try_acquire_owned().map_err(|_| Full)?;
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
        Ok(())
    }

    fn leave(&self) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
