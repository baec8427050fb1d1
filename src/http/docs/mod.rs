//! The documentation page: Swagger UI out of the binary, so it works without a network.
//!
//! The files beside this one are Swagger UI's own, gzipped as they are served, and a page of ours around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{auth::Authenticator, headers::single};
use crate::domain::tenant::TenantId;

/// The documents that the page shows.
#[derive(Clone, Copy)]
pub struct Documents {
    pub c2a: &'static str,
    pub partner: &'static str,
}

/// What the page may fill in. Nothing where keys are live: the page is public.
#[derive(Clone, Debug)]
pub struct Prefill {
    pub api_key: String,
    /// For `x-tn`.
    pub tenant: TenantId,
    /// For `X-Tenant`.
    pub domain: String,
}

/// Everything comes from here, and nothing runs but our two scripts. Swagger UI sets styles on elements it makes
/// and shows icons out of its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, what leads to it and what it shows.
pub fn routes<S>(
    prefill: Option<Prefill>,
    authenticator: Arc<Authenticator>,
    documents: Documents,
) -> Router<S> {
    let page = Arc::new(Page { prefill, authenticator });
    Router::new()
        .route("/", get(index))
        .route("/openapi/c2a.json", get(async move || document(documents.c2a)))
        .route("/openapi/partner.json", get(async move || document(documents.partner)))
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async |headers: HeaderMap| PAGE.answer(&headers)))
        .route("/docs/config.json", get(config))
        .route("/docs/init.js", get(async |headers: HeaderMap| INIT.answer(&headers)))
        .route("/docs/page.css", get(async |headers: HeaderMap| STYLE.answer(&headers)))
        .route("/docs/swagger-ui-bundle.js", get(async |headers: HeaderMap| BUNDLE.answer(&headers)))
        .route("/docs/swagger-ui.css", get(async |headers: HeaderMap| SWAGGER_STYLE.answer(&headers)))
        .with_state(page)
}

struct Page {
    /// `None` where keys are live.
    prefill: Option<Prefill>,
    authenticator: Arc<Authenticator>,
}

fn document(json: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// Leads a browser to the page, and tells a program what there is.
async fn index(headers: HeaderMap) -> Response {
    let accepts = single(&headers, header::ACCEPT).unwrap_or_default();
    let vary = [(header::VARY, "Accept")];
    if accepts.contains("text/html") {
        return (vary, Redirect::to("/docs/")).into_response();
    }
    let index = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "docs": "/docs/",
        "openapi": { "c2a": "/openapi/c2a.json", "partner": "/openapi/partner.json" },
        "health": { "live": "/health/live", "ready": "/health/ready" },
    });
    (vary, json_text(&index)).into_response()
}

async fn config(State(page): State<Arc<Page>>) -> Response {
    let Some(prefill) = &page.prefill else {
        return json_text(&json!({ "environment": "live" })).into_response();
    };
    let mut config = json!({
        "environment": "sandbox",
        "apiKey": prefill.api_key,
        "parameters": { "x-tn": prefill.tenant.to_string(), "X-Tenant": prefill.domain },
    });
    // Without the well-known key the tenant is closed, and a token must not open it again.
    if page.authenticator.accepts_key(&prefill.api_key, prefill.tenant).await
        && let Some(token) = page.authenticator.tokens.sign_for_csp(prefill.tenant, "docs page")
    {
        config["token"] = token.into();
    }
    json_text(&config).into_response()
}

fn json_text(value: &Value) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string())
}

/// A file of the page.
struct Asset {
    content_type: &'static str,
    is_gzipped: bool,
    bytes: &'static [u8],
}

static PAGE: Asset = plain("text/html; charset=utf-8", include_bytes!("index.html"));
static INIT: Asset = plain("text/javascript; charset=utf-8", include_bytes!("init.js"));
static STYLE: Asset = plain("text/css; charset=utf-8", include_bytes!("page.css"));
static BUNDLE: Asset = gzipped("text/javascript; charset=utf-8", include_bytes!("swagger-ui-bundle.js.gz"));
static SWAGGER_STYLE: Asset = gzipped("text/css; charset=utf-8", include_bytes!("swagger-ui.css.gz"));

const fn plain(content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { content_type, is_gzipped: false, bytes }
}

const fn gzipped(content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { content_type, is_gzipped: true, bytes }
}

impl Asset {
    /// A browser keeps it, and asks each time whether it is still this one.
    fn answer(&'static self, request: &HeaderMap) -> Response {
        let etag = etag(self.bytes);
        let known = single(request, header::IF_NONE_MATCH).is_some_and(|known| known.contains(&etag));
        let headers = [
            (header::CACHE_CONTROL, "public, no-cache"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        if known {
            return (StatusCode::NOT_MODIFIED, headers, [(header::ETAG, etag)]).into_response();
        }
        let mut response =
            (headers, [(header::ETAG, etag)], [(header::CONTENT_TYPE, self.content_type)], self.bytes)
                .into_response();
        if self.is_gzipped {
            let gzip = HeaderValue::from_static("gzip");
            response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
        }
        response
    }
}

/// Of the bytes, so that a new version is seen at once.
fn etag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
