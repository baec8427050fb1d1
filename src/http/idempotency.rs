//! `Idempotency-Key`: a request that is sent again gets its first reply again, and is not executed again.

use std::{marker::PhantomData, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRef, FromRequest, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    body::{self, BodyTimeout, object::RequestObject},
    failure::{Failure, with_retry_after},
    frame::correlation,
    headers::single,
    state::App,
};
use crate::domain::{
    caller::Caller,
    canonical_json::canonical,
    customer_urn::CustomerUrn,
    field_error::FieldError,
    idempotency::{IdempotencyKey, Operation},
    problem::Problem,
};
use crate::service::idempotency::{
    Content, IdempotentRequest, KeptReply, Performed, Reply, Retention, Services, Work,
};

const NAME: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A body, and what is needed to execute it once. `E` is the error of the surface the route belongs to.
pub struct Idempotent<T, E> {
    pub body: T,
    pub call: IdempotentCall,
    surface: PhantomData<E>,
}

/// A request that may have a key.
pub struct IdempotentCall {
    /// What is wrong with a key is told after what is wrong with the body.
    key: Result<Option<IdempotencyKey>, FieldError>,
    body: Bytes,
}

/// Who calls, and what replies to this caller depend on beside the request: a kept reply is only for callers that
/// would have been shown the same.
pub trait Viewer: Clone + Send + Sync + 'static {
    fn caller(&self) -> &Caller;

    fn response_variant(&self) -> String;
}

/// A success, and whose data it holds.
pub struct Recorded {
    pub response: Response,
    pub data_subjects: Vec<CustomerUrn>,
}

impl Recorded {
    pub fn of_customer(customer: CustomerUrn, response: Response) -> Self {
        Self { response, data_subjects: vec![customer] }
    }
}

impl<S, T, E> FromRequest<S> for Idempotent<T, E>
where
    S: Send + Sync,
    BodyTimeout: FromRef<S>,
    T: RequestObject,
    E: From<Failure> + IntoResponse,
{
    type Rejection = E;

    async fn from_request(request: Request, state: &S) -> Result<Self, E> {
        let key = key(request.headers());
        let (value, bytes) = body::read(request, BodyTimeout::from_ref(state)).await?;
        let call = IdempotentCall { key, body: bytes };
        Ok(Self { body: value, call, surface: PhantomData })
    }
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, FieldError> {
    if !headers.contains_key(NAME) {
        return Ok(None);
    }
    let sent = single(headers, NAME).ok_or(Problem::InvalidIdempotencyKey);
    let key = sent.and_then(IdempotencyKey::parse);
    key.map(Some).map_err(|problem| FieldError::new(NAME, problem))
}

impl IdempotentCall {
    /// Does `work` with the services it is given: once for all requests with this key and content. Without a key,
    /// each time.
    pub async fn execute<V, E, F>(
        self,
        app: &App,
        viewer: V,
        operation: Operation,
        work: impl FnOnce(Services, V) -> F + Clone + Send + Sync + 'static,
    ) -> Result<Response, E>
    where
        V: Viewer,
        E: From<Failure> + IntoResponse + Send + 'static,
        F: Future<Output = Result<Recorded, Failure>> + Send + 'static,
    {
        let key = self.key.map_err(Failure::from)?;
        let Some(key) = key else {
            return Ok(work(app.services(), viewer).await.map(|recorded| recorded.response)?);
        };
        let content = Content(format!("{}\n{}", viewer.response_variant(), canonical(&self.body)));
        let request = IdempotentRequest { operation, key, content };
        let worker = viewer.clone();
        // The work may be done by another task, and its errors name the request's id.
        let id = correlation::current();
        let work: Work = Arc::new(move |services| {
            let work = work.clone()(services, worker.clone());
            Box::pin(correlation::scope(id, async move { reply::<E>(work.await).await }))
        });
        let performed = app.idempotency.perform(viewer.caller(), &request, work).await;
        Ok(match performed.map_err(Failure::from)? {
            Performed::Executed(reply) => response(reply.kept),
            Performed::Replayed(kept) => replayed(response(kept)),
        })
    }
}

/// The answer, and what is to be kept of it.
async fn reply<E: From<Failure> + IntoResponse>(outcome: Result<Recorded, Failure>) -> Reply {
    let Recorded { response, data_subjects } = outcome.unwrap_or_else(|failure| Recorded {
        data_subjects: failure.data_subjects(),
        response: E::from(failure).into_response(),
    });
    let retention = match response.status() {
        status if status.is_success() => Retention::Reply,
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Retention::Reply,
        _ => Retention::Nothing,
    };
    let (parts, body) = response.into_parts();
    // Our own answers are in memory and small: this cannot fail for want of either.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kept = KeptReply {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        etag: text(header::ETAG),
        body: body.to_vec(),
    };
    Reply { kept, retention, data_subjects }
}

fn response(kept: KeptReply) -> Response {
    let KeptReply { status, content_type, etag, body } = kept;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in [(header::CONTENT_TYPE, content_type), (header::ETAG, etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    with_retry_after(response)
}

fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
