//! Through the API, as a tenant's own program would.

use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use async_trait::async_trait;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::here::{Changes, Here, Trouble};
use crate::domain::{
    compare::{By, Claim, Compared, Differences, Different, Found, Listed, Span},
    customer_urn::CustomerUrn,
    feed::Cursor,
};

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: u64 = 30;

pub struct ByApi {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    headers: HeaderMap,
}

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct RangesAnswer {
    ranges: Vec<RangeAnswer>,
}

#[derive(Deserialize)]
struct RangeAnswer {
    equal: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemsAnswer {
    missing_here: Vec<String>,
    missing_there: Vec<CustomerAnswer>,
    different: Vec<CustomerAnswer>,
    up_to: Option<String>,
    cursor: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerAnswer {
    external_identifier: String,
    customer_urn: String,
    yours: Option<i64>,
    ours: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventsAnswer {
    events: Vec<EventAnswer>,
    cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventAnswer {
    customer_urn: String,
}

impl ByApi {
    pub fn new(url: &str, tenant: &str, key: SecretString) -> anyhow::Result<Self> {
        let is_base = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some()
                && uri.query().is_none()
        });
        ensure!(is_base, "--url must be a URL such as https://customers.example.com");
        let tenant: Uuid =
            tenant.parse().ok().context("--tenant must be the id of the tenant, a UUID, with --url")?;
        let mut key =
            HeaderValue::from_str(key.expose_secret()).ok().context("the key has characters no key has")?;
        key.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", key);
        headers.insert("x-tn", HeaderValue::from_str(&tenant.to_string())?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .context("the certificates that the system trusts cannot be read")?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, base: format!("{}/api/v1/c2a/customer", url.trim_end_matches('/')), headers })
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: &str) -> Result<T, Trouble> {
        let url = format!("{}/{path}", self.base);
        let answered = timeout(PATIENCE, self.send(&method, &url, body)).await;
        let (status, headers, body) =
            answered.context("no answer in time").flatten().with_context(|| self.base.clone())?;
        match status {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let pause = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                sleep(Duration::from_secs(pause.unwrap_or(1).clamp(1, LONGEST_PAUSE))).await;
                return Err(Trouble::Busy);
            }
            _ => return Err(anyhow!("{} answers {}", self.base, refusal(status, &body)).into()),
        }
        let answer: Answer<T> = serde_json::from_slice(&body)
            .map_err(|_| anyhow!("the answer of {} cannot be read", self.base))?;
        Ok(answer.result)
    }

    async fn events(&self, after: &str, limit: u32) -> Result<Changes, Trouble> {
        let path = format!("events?after={after}&limit={limit}");
        let EventsAnswer { events, cursor: next, has_more } = self.ask(Method::GET, &path, "").await?;
        let urns = events.iter().map(|event| urn(&event.customer_urn)).collect::<anyhow::Result<_>>()?;
        Ok(Changes { urns, cursor: cursor(&next)?, has_more })
    }

    async fn send(
        &self,
        method: &Method,
        url: &str,
        body: &str,
    ) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
        let mut request = Request::builder().method(method).uri(url).body(Full::from(body.to_owned()))?;
        *request.headers_mut() = self.headers.clone();
        let (head, body) = self.client.request(request).await?.into_parts();
        Ok((head.status, head.headers, body.collect().await?.to_bytes()))
    }
}

/// `403 FORBIDDEN`, and the first field that is at fault.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let error = &body["status"]["errors"][0];
    let parts = [
        status.as_u16().to_string(),
        text(&body["status"]["messageCode"]),
        text(&error["field"]),
        text(&error["code"]),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl Here for ByApi {
    async fn are_equal(&self, by: By, claims: Vec<Claim>) -> Result<Vec<bool>, Trouble> {
        let ranges: Vec<Value> = claims
            .iter()
            .map(|Claim { span: Span { after, up_to }, tally }| {
                json!({ "after": after, "upTo": up_to, "count": tally.count, "digest": tally.digest.to_string() })
            })
            .collect();
        let body = json!({ "by": by.as_str(), "ranges": ranges });
        let answer: RangesAnswer = self.ask(Method::POST, "compare", &body.to_string()).await?;
        Ok(answer.ranges.into_iter().map(|range| range.equal).collect())
    }

    async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> Result<Compared, Trouble> {
        let items: Vec<Value> = listed.into_iter().map(|listed| item(by, listed)).collect();
        let Span { after, up_to } = span;
        let body = json!({ "by": by.as_str(), "after": after, "upTo": up_to, "items": items });
        let answer: ItemsAnswer = self.ask(Method::POST, "compare", &body.to_string()).await?;
        Ok(answer.into_compared()?)
    }

    async fn latest(&self) -> Result<Changes, Trouble> {
        self.events("latest", 0).await
    }

    async fn changes(&self, after: Cursor) -> Result<Changes, Trouble> {
        self.events(&after.to_string(), 1000).await
    }
}

impl ItemsAnswer {
    fn into_compared(self) -> anyhow::Result<Compared> {
        let Self { missing_here, missing_there, different, up_to, cursor: at } = self;
        let missing_there = missing_there.into_iter().map(|customer| {
            let urn = urn(&customer.customer_urn)?;
            Ok(Found { external_id: customer.external_identifier, urn, number: None })
        });
        let different = different.into_iter().map(|customer| {
            let CustomerAnswer { external_identifier: external_id, customer_urn, yours, ours } = customer;
            Ok(Different { external_id, urn: urn(&customer_urn)?, yours, ours })
        });
        let differences = Differences {
            missing_here,
            missing_there: missing_there.collect::<anyhow::Result<_>>()?,
            different: different.collect::<anyhow::Result<_>>()?,
        };
        Ok(Compared { differences, cut_at: up_to, cursor: cursor(&at)? })
    }
}

fn item(by: By, listed: Listed) -> Value {
    let Listed { external_id, number } = listed;
    match by {
        By::Version => json!({ "externalIdentifier": external_id, "version": number }),
        By::SourceVersion => json!({ "externalIdentifier": external_id, "sourceVersion": number }),
        By::ExternalIdentifier => json!({ "externalIdentifier": external_id }),
    }
}

fn urn(text: &str) -> anyhow::Result<CustomerUrn> {
    CustomerUrn::parse(text).ok().context("the answer has a customerUrn that is none")
}

fn cursor(text: &str) -> anyhow::Result<Cursor> {
    Cursor::parse(text).ok().context("the answer has a cursor that is none")
}
