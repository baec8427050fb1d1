//! `Idempotency-Key`: a request that is sent again is answered again, and not done again.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::sync::oneshot;

use super::{SharedApp, headers::single, json};
use crate::domain::{
    caller::Caller,
    customer_urn::CustomerUrn,
    field_error::FieldError,
    idempotency::{IdempotencyKey, Operation},
    problem::Problem,
};
use crate::service::idempotency::{
    Content, IdempotencyError, IdempotentRequest, Keep, KeptReply, Performed, Reply, Services, Work,
};

const NAME: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The error of a surface, as far as requests with a key need it.
pub trait SurfaceError: IntoResponse + From<IdempotencyError> + Send + 'static {
    fn invalid(errors: Vec<FieldError>) -> Self;

    /// Whose data the answer may hold.
    fn about(&self) -> Option<CustomerUrn>;
}

/// The key, if there is one; what is wrong with it is told with the surface's error.
pub struct KeyHeader(Result<Option<IdempotencyKey>, FieldError>);

impl<S: Send + Sync> FromRequestParts<S> for KeyHeader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        if !parts.headers.contains_key(NAME) {
            return Ok(Self(Ok(None)));
        }
        let sent = single(&parts.headers, NAME).ok_or(Problem::InvalidIdempotencyKey);
        let key = sent.and_then(IdempotencyKey::parse);
        Ok(Self(key.map(Some).map_err(|problem| FieldError::new(NAME, problem))))
    }
}

/// A success, and what may be kept of it.
pub struct Answer {
    pub response: Response,
    pub about: Option<CustomerUrn>,
    /// Whether the request names a person that this very request makes us forget.
    pub forget_content: bool,
}

impl Answer {
    pub fn about(customer: CustomerUrn, response: Response) -> Self {
        Self { response, about: Some(customer), forget_content: false }
    }
}

/// What is asked, and by whom, as far as it makes one request equal to another.
pub struct Asked<'a> {
    pub key: KeyHeader,
    pub operation: Operation,
    /// As whom the caller acts, and what it may be shown: a reply is for those who would have got the same.
    pub viewpoint: String,
    pub body: &'a Bytes,
    /// The customer the request names, for a failure that does not know one.
    pub about: Option<CustomerUrn>,
}

/// Does `work` with the services it is given, once for all requests with this key and content.
pub async fn answer<E: SurfaceError, F>(
    app: &SharedApp,
    caller: &Caller,
    asked: Asked<'_>,
    work: impl FnOnce(Services) -> F + Send + 'static,
) -> Result<Response, E>
where
    F: Future<Output = Result<Answer, E>> + Send + 'static,
{
    let Asked { key, operation, viewpoint, body, about } = asked;
    let key = key.0.map_err(|error| E::invalid(vec![error]))?;
    let Some(key) = key else { return work(app.services()).await.map(|answer| answer.response) };
    let content = Content(format!("{viewpoint}\n{}", json::canonical(body)));
    let request = IdempotentRequest { operation, key, content };
    let (done, answered) = oneshot::channel();
    let work: Work = Box::new(move |services| {
        Box::pin(async move {
            let (response, reply) = reply(work(services).await, about).await;
            done.send(response).ok();
            reply
        })
    });
    match app.idempotency.perform(caller, &request, work).await? {
        Performed::Before(kept) => Ok(replay(kept)),
        Performed::Now(_) => {
            Ok(answered.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        }
    }
}

/// The answer as it goes out, and what is to be kept of it.
async fn reply<E: SurfaceError>(outcome: Result<Answer, E>, named: Option<CustomerUrn>) -> (Response, Reply) {
    let (response, about, forget_content) = match outcome {
        Ok(answer) => (answer.response, answer.about, answer.forget_content),
        Err(error) => {
            let about = named.or(error.about());
            (error.into_response(), about, false)
        }
    };
    let keep = match response.status() {
        status if status.is_success() && forget_content => Keep::ReplyWithoutContent,
        status if status.is_success() => Keep::Reply,
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Keep::Reply,
        _ => Keep::Nothing,
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
    (Response::from_parts(parts, Body::from(body)), Reply { kept, keep, about })
}

fn replay(kept: KeptReply) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in [(header::CONTENT_TYPE, kept.content_type), (header::ETAG, kept.etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
