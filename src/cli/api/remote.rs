//! The API of a server, over HTTP.

use std::time::Duration;

use anyhow::{Context, ensure};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Uri,
    body::Bytes,
    header::{HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use uuid::Uuid;

use super::reply::{Broken, Reply};

const BELOW: &str = "api/c2a/customer";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server answers a bulk request once it has carried it out, which may take five minutes.
pub const READ_TIMEOUT: Duration = Duration::from_secs(330);

pub struct Remote {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Where the paths of requests begin.
    pub base: String,
    headers: HeaderMap,
}

impl Remote {
    /// `tenant`: its id. The key is sent to this server alone: no redirect is followed.
    pub fn new(url: &str, tenant: &str, key: SecretString) -> anyhow::Result<Self> {
        let is_base = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
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
        let program = concat!("azotte-customers/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(program));
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // The scheme of the URL decides.
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .context("the certificates that the system trusts cannot be read")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, base: format!("{}/{BELOW}", url.trim_end_matches('/')), headers })
    }

    /// `request`: its path below [`Self::base`].
    pub async fn call(&self, request: Request<Bytes>) -> Result<Reply, Broken> {
        let (mut parts, body) = request.into_parts();
        let url = format!("{}{}", self.base, parts.uri);
        parts.uri = url.parse().map_err(|error| Broken::new(&error))?;
        parts.headers.extend(self.headers.clone());
        let sent = self.client.request(Request::from_parts(parts, Full::new(body)));
        let answered = timeout(READ_TIMEOUT, sent).await.map_err(|error| Broken::new(&error))?;
        answered.map(Reply::from).map_err(|error| Broken::new(&error).before_all(error.is_connect()))
    }
}
