//! Cross-origin requests: pages of the origins that are named may call the partner API, and their browsers may ask whether
//! they may (a preflight, which has no token). Nothing is told to others, and nothing of the C2A API, which is for backends.

use std::{convert::Infallible, future::ready, time::Duration};

use axum::{
    http::{
        HeaderName, HeaderValue, Method, Request,
        header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER},
    },
    response::Response,
};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::domain::origin::Origin;

const METHODS: [Method; 3] = [Method::GET, Method::POST, Method::DELETE];
/// What a page may send.
const SENT: [HeaderName; 5] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("x-tenant"),
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("idempotency-key"),
];
/// What a page may read of an answer, beside what any page may.
const SHOWN: [HeaderName; 9] = [
    RETRY_AFTER,
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("idempotent-replayed"),
    HeaderName::from_static("unrecognized-properties"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];
/// For so long a browser need not ask again.
const PREFLIGHT_LIFE: Duration = Duration::from_secs(600);

pub struct Cors {
    origins: Vec<HeaderValue>,
    layer: CorsLayer,
}

/// A request of a named origin's page: what CORS looks at of it.
pub struct CrossOrigin(Request<()>);

impl Cors {
    pub fn new(origins: &[Origin]) -> Self {
        let origins = origins.iter().filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok());
        let origins: Vec<_> = origins.collect();
        let layer = CorsLayer::new()
            .allow_origin(origins.clone())
            .allow_methods(METHODS)
            .allow_headers(SENT)
            .expose_headers(SHOWN)
            .max_age(PREFLIGHT_LIFE);
        Self { origins, layer }
    }

    /// `None` for whatever is not of a page of a named origin.
    pub fn cross_origin<B>(&self, request: &Request<B>) -> Option<CrossOrigin> {
        let origin = request.headers().get(ORIGIN).filter(|origin| self.origins.contains(origin))?;
        let mut head = Request::new(());
        head.headers_mut().insert(ORIGIN, origin.clone());
        if let Some(method) = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD) {
            head.headers_mut().insert(ACCESS_CONTROL_REQUEST_METHOD, method.clone());
            *head.method_mut() = request.method().clone();
        }
        Some(CrossOrigin(head))
    }

    /// The answer as the page's browser lets it through. That to a preflight is all of it made here.
    pub async fn complete(&self, request: CrossOrigin, answer: Response) -> Response {
        let mut answer = Some(answer);
        let answered = service_fn(|_| ready(Ok::<_, Infallible>(answer.take().unwrap_or_default())));
        match self.layer.layer(answered).oneshot(request.0).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl CrossOrigin {
    /// A browser asks whether a page may call. It has no credentials.
    pub fn is_preflight(&self) -> bool {
        self.0.method() == Method::OPTIONS
    }
}
