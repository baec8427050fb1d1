//! What every request passes, in this order:
//!
//! 1. [`Route`]: which API the path belongs to, so that nothing a stranger is told depends on the routes;
//! 2. [`correlation`]: every answer, the log and the audit trail name the same id;
//! 3. [`Exchange`]: one line and one count a request, however it ends;
//! 4. [`cors`]: pages of named origins may call, and a browser that asks whether they may needs no more of this;
//! 5. a slot ([`Slot`]): no more requests than the server can carry, decided before anything is done for one;
//! 6. [`span`]: its trace, which all that is inside becomes part of;
//! 7. [`message_head`]: no request whose head another server may read differently;
//! 8. its caller: 401 before 404, 405 or a look at the body;
//! 9. the slot again, now as one of the caller's tenant, which has only its share of them;
//! 10. the quota of the tenant, the level of which every answer tells: of a credential that is verified and does not
//!     fit, too;
//! 11. [`unrecognized`]: names in the body that mean nothing here are told on the answer;
//! 12. the route's handler, in which a panic is one 500 and not the end of the connection;
//! 13. [`response_headers`]: what every answer says about itself;
//! 14. [`UnreadBody`]: what is left of its body is read, or the answer says that the connection closes;
//! 15. [`AnswerBody`], which keeps the slot until the answer is written.
//!
//! One future has all of it: axum's layers are a box or more each, for every request.

mod answer_body;
pub mod correlation;
pub mod cors;
pub mod exchange;
mod message_head;
mod response_headers;
pub mod route;
mod span;
mod unread_body;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{Router, extract::Request, response::Response};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::Instrument;

use self::{
    answer_body::AnswerBody,
    cors::{Cors, CrossOrigin},
    exchange::{Answer, Exchange},
    route::Route,
    unread_body::UnreadBody,
};
use super::{
    auth::{Authenticator, surface::Surface},
    body::unrecognized,
    failure::Failure,
    limits::{
        Limits,
        in_flight::{Overloaded, Slot},
    },
};
use crate::telemetry::metrics;

/// All routes, and what surrounds them.
pub struct Frame {
    pub routes: Router,
    pub authenticator: Arc<Authenticator>,
    pub limits: Arc<Limits>,
    pub answers: Answers,
    pub cors: Arc<Cors>,
    /// The server is about to stop, and other servers are to be asked.
    pub stopping: CancellationToken,
}

/// Of each API. What belongs to none speaks as C2A does.
pub struct Answers {
    pub c2a: Answer,
    pub partner: Answer,
}

impl Answers {
    fn of(&self, surface: Option<Surface>) -> Answer {
        match surface {
            Some(Surface::Partner) => self.partner,
            Some(Surface::C2a) | None => self.c2a,
        }
    }
}

impl Frame {
    pub async fn answer(&self, request: Request) -> axum::http::Response<AnswerBody> {
        let (route, version) = (Route::of(request.uri().path()), request.version());
        let id = correlation::of_request(request.headers());
        let (request, unread) = UnreadBody::of(request);
        let answered = async {
            let mut exchange = Exchange::begin(&request, route);
            let cross_origin = self.cross_origin(&request, route);
            let is_preflight = cross_origin.as_ref().is_some_and(CrossOrigin::is_preflight);
            let (mut response, slot) =
                if is_preflight { Default::default() } else { self.enter(request, &mut exchange).await };
            if let Some(cross_origin) = cross_origin {
                response = self.cors.complete(cross_origin, response).await;
            }
            let mut response =
                response_headers::add(exchange.method(), version, self.stopping.is_cancelled(), response);
            unread.settle(&mut response).await;
            exchange.end(&response);
            AnswerBody::new(response, slot)
        };
        let mut response = correlation::scope(id, answered).await;
        correlation::add(id, &mut response);
        response
    }

    fn cross_origin(&self, request: &Request, route: Route) -> Option<CrossOrigin> {
        let is_for_pages = route.surface == Some(Surface::Partner);
        let cross_origin = is_for_pages.then(|| self.cors.cross_origin(request)).flatten()?;
        message_head::refuse(request).is_none().then_some(cross_origin)
    }

    /// The answer, and the slot that it keeps until it is written. What strangers are answered is short, or a part of
    /// the program.
    async fn enter(&self, request: Request, exchange: &mut Exchange) -> (Response, Option<Slot>) {
        match self.limits.in_flight.enter().await {
            Ok(slot) => {
                let response = self.trace(request, &slot, exchange).await;
                (response, exchange.tenant().map(|_| slot))
            }
            Err(Overloaded) => (exchange.overloaded(self.answers.of(exchange.route().surface)), None),
        }
    }

    async fn trace(&self, request: Request, slot: &Slot, exchange: &mut Exchange) -> Response {
        let span = span::open(&request, exchange.route());
        let response = self.admit(request, slot, exchange).instrument(span.clone()).await;
        span::close(&span, &response, exchange.tenant());
        response
    }

    /// The answer to a request whose head, caller and quota are in order; or why they are not.
    async fn admit(&self, mut request: Request, slot: &Slot, exchange: &mut Exchange) -> Response {
        if let Some(refusal) = message_head::refuse(&request) {
            return refusal;
        }
        let surface = exchange.route().surface;
        let answer = self.answers.of(surface);
        let Some(surface) = surface else { return self.handle(request, slot, answer).await };
        let (quota, refused) = match slot
            .look_up(self.authenticator.identify(surface, request.headers()))
            .await
        {
            Ok(Ok(identity)) => {
                exchange.set_caller(identity.caller());
                if let Err(Overloaded) = slot.assign(identity.caller().tenant_id()).await {
                    return exchange.overloaded(answer);
                }
                let quota = self.limits.rates.count(&identity.caller().tenant).await;
                identity.attach(request.extensions_mut());
                (quota, None)
            }
            Ok(Err(no_caller)) => {
                let Some(tenant) = no_caller.verified() else { return no_caller.respond(surface, answer) };
                (self.limits.rates.count_refused(tenant).await, Some(no_caller))
            }
            Err(Overloaded) => return exchange.overloaded(answer),
        };
        let mut response = match refused {
            _ if quota.is_exceeded() => {
                metrics::rate_limited(surface.as_str());
                answer(Failure::TooManyRequests)
            }
            Some(no_caller) => no_caller.respond(surface, answer),
            None => self.handle(request, slot, answer).await,
        };
        quota.write_headers(&mut response);
        response
    }

    /// The handler may give up the slot while it waits for the client.
    async fn handle(&self, mut request: Request, slot: &Slot, answer: Answer) -> Response {
        request.extensions_mut().insert(slot.clone());
        let routed = async |request| {
            let Ok(response) = self.routes.clone().call(request).await;
            response
        };
        let handled = AssertUnwindSafe(unrecognized::with_header(request, routed)).catch_unwind().await;
        match handled {
            Ok(response) => response,
            // The message of a panic stays inside: it may quote anything.
            Err(_) => answer(Failure::Internal),
        }
    }
}
