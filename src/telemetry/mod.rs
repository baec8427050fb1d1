//! What the program tells of itself: log lines on standard error, metrics, traces.

pub mod metrics;
#[cfg(feature = "otel")]
pub mod traces;
#[cfg(not(feature = "otel"))]
#[path = "no_traces.rs"]
pub mod traces;

use std::io::{IsTerminal, stderr};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::traces::Traces;
use crate::config::{LogFormat, ServeConfig};

/// Logs are written by a thread of their own so that no request waits for them.
pub struct Telemetry {
    _logs: WorkerGuard,
    traces: Traces,
}

impl Telemetry {
    /// `RUST_LOG` overrides the levels of log lines; sqlx stays quiet, for it logs whole statements.
    pub async fn start(format: LogFormat, serve: &ServeConfig) -> anyhow::Result<Self> {
        let traces = Traces::to(serve.otlp_endpoint.clone()).await?;
        let (writer, logs) = tracing_appender::non_blocking(stderr());
        let lines = fmt::layer().with_writer(writer).with_target(false);
        let lines = match format {
            LogFormat::Pretty => lines.with_ansi(stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let levels = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=off"));
        // Spans are for traces: a line says all there is to say.
        let lines = lines.with_filter(levels.and(filter_fn(|metadata| metadata.is_event())));
        tracing_subscriber::registry().with(lines).with(traces.layer()).init();
        Ok(Self { _logs: logs, traces })
    }

    /// Sends and writes what is left.
    pub async fn finish(self) {
        self.traces.finish().await;
    }
}
