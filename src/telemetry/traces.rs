//! Traces over OTLP: one span a request, one a statement. No span holds a value that a caller sent, but for its
//! correlation id, which is a UUID.
//!
//! What to trace is not a question of log levels: these spans exist at any `RUST_LOG`, and only where there is
//! somewhere to send them.

use std::time::Duration;

use anyhow::Context;
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn};

use super::log::BoxedLayer;

/// Of the collector, for one batch.
const PATIENCE: Duration = Duration::from_secs(10);
const NAME: &str = env!("CARGO_PKG_NAME");

/// Where spans go; nowhere without an endpoint.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// `endpoint`: the base URL of a collector. The exporter's client must not be made, used or dropped by a
    /// thread of the runtime: it blocks.
    pub async fn to(endpoint: Option<String>) -> anyhow::Result<Self> {
        let Some(endpoint) = endpoint else { return Ok(Self(None)) };
        let provider = tokio::task::spawn_blocking(move || provider(&endpoint)).await?;
        provider.context("AZOTTE_OTLP_ENDPOINT: spans cannot be sent there").map(|made| Self(Some(made)))
    }

    pub fn layer(&self) -> Option<BoxedLayer> {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.0.as_ref()?.tracer(NAME))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        let ours = filter_fn(|span| span.is_span() && span.target().starts_with("azotte_customers"));
        Some(layer.with_filter(ours).boxed())
    }

    /// Sends what is left.
    pub async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent");
        }
    }
}

fn provider(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    // HTTP_PROXY is meant for the way out; the collector is on the same machine or network.
    let client = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name(NAME).with_attribute(version).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// What a caller says of its trace (W3C Trace Context).
pub struct Caller<'a> {
    pub traceparent: &'a str,
    pub tracestate: &'a str,
}

/// Makes a span part of the caller's trace.
pub fn continue_from(caller: &Caller<'_>, span: &Span) {
    let parent = TraceContextPropagator::new().extract(caller);
    // Fails where nothing is traced.
    span.set_parent(parent).ok();
}

impl Extractor for Caller<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "traceparent" => Some(self.traceparent),
            "tracestate" => Some(self.tracestate),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}
