//! The C2A API as commands call it: of a server, or within this process, beside the database. Both answer the same.

mod remote;
mod reply;
mod server;

use std::time::Duration;

use clap::Args;
use hyper::{Method, Request, body::Bytes, header::CONTENT_TYPE};

pub use self::{
    remote::Remote,
    reply::{Broken, Reply},
    server::{KEY_VARIABLE, ServerArgs},
};
use super::tenant;
use crate::config::Config;
use crate::database::Database;
use crate::direct::DirectC2a;
use crate::postgres::migrations::migrate;

/// Calls in a row that bring nothing.
pub const ATTEMPTS: u32 = 8;
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);
pub const KEY_REFUSED: &str =
    "the server refuses the key: is it for this tenant and this environment, and not expired?";

/// Before the next call, once so many in a row have brought nothing: 1 at least.
pub fn pause_after(attempts: u32) -> Duration {
    Duration::from_secs(1 << (attempts - 1)).min(LONGEST_PAUSE)
}

/// Which API, and whose customers.
#[derive(Args)]
pub struct Target {
    #[command(flatten)]
    which: tenant::Which,
    #[command(flatten)]
    pub server: ServerArgs,
}

pub enum Api {
    Remote(Box<Remote>),
    Direct(Box<DirectC2a>),
}

impl Target {
    pub async fn open(&self, config: &Config) -> anyhow::Result<Api> {
        let Self { which, server } = self;
        if let Some(url) = &server.url {
            return Ok(Api::Remote(Box::new(Remote::new(url, &which.tenant, server.key()?)?)));
        }
        let database = Database::open(config).await?;
        migrate(&database.direct).await?;
        let tenant = tenant::find(&database.pool, &which.tenant).await?;
        Ok(Api::Direct(Box::new(DirectC2a::open(config, database, tenant.rules()).await?)))
    }

    /// The same for the same customers, wherever they are asked for.
    pub fn fingerprint(&self) -> String {
        format!("{} {}", self.server.url.as_deref().unwrap_or("database"), self.which.tenant)
    }
}

impl Api {
    /// For sentences.
    pub fn name(&self) -> &str {
        match self {
            Self::Remote(remote) => &remote.base,
            Self::Direct(_) => "the database",
        }
    }

    /// `path`: below `…/customer`, such as `export?limit=10`.
    ///
    /// # Errors
    ///
    /// The server does not answer. What was asked of it may have been done all the same.
    pub async fn get(&self, path: &str) -> Result<Reply, Broken> {
        self.call(Request::builder().method(Method::GET).uri(format!("/{path}")), Bytes::new()).await
    }

    pub async fn post_json(&self, path: &str, json: String) -> Result<Reply, Broken> {
        self.post(path, "application/json", json.into()).await
    }

    pub async fn post_lines(&self, path: &str, lines: Bytes) -> Result<Reply, Broken> {
        self.post(path, "application/x-ndjson", lines).await
    }

    async fn post(&self, path: &str, media_type: &str, body: Bytes) -> Result<Reply, Broken> {
        let request = Request::builder().method(Method::POST).uri(format!("/{path}"));
        self.call(request.header(CONTENT_TYPE, media_type), body).await
    }

    async fn call(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<Reply, Broken> {
        let request = request.body(body).map_err(|error| Broken::new(&error))?;
        match self {
            Self::Remote(remote) => remote.call(request).await,
            Self::Direct(direct) => Ok(direct.answer(request).await.into()),
        }
    }

    /// Waits for what is under way.
    pub async fn close(self) {
        match self {
            Self::Remote(_) => {}
            Self::Direct(direct) => direct.close().await,
        }
    }
}
