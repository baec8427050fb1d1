//! What the program tells of itself: log lines on standard error, metrics, traces.

pub mod metrics;
#[cfg(feature = "otel")]
pub mod traces;
#[cfg(not(feature = "otel"))]
#[path = "no_traces.rs"]
pub mod traces;

use std::io::{IsTerminal, stderr};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
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
        subscriber(lines(format, writer), traces.layer()).init();
        Ok(Self { _logs: logs, traces })
    }

    /// Sends and writes what is left.
    pub async fn finish(self) {
        self.traces.finish().await;
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Spans are for traces: a line says all there is to say.
fn lines(format: LogFormat, writer: NonBlocking) -> BoxedLayer {
    let lines = fmt::layer().with_writer(writer).with_target(false);
    let lines = match format {
        LogFormat::Pretty => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let levels = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=off"));
    lines.with_filter(levels.and(filter_fn(|metadata| metadata.is_event()))).boxed()
}

/// A layer that is not there must not stand in the stack as `None`: that one would have every span made.
fn subscriber(lines: BoxedLayer, traces: Option<BoxedLayer>) -> impl Subscriber + Send + Sync {
    let layers: Vec<_> = std::iter::once(lines).chain(traces).collect();
    tracing_subscriber::registry().with(layers)
}

#[cfg(test)]
mod tests {
    use tracing::info_span;

    use super::*;

    #[test]
    fn without_a_collector_no_span_is_made() {
        let (writer, _logs) = tracing_appender::non_blocking(std::io::sink());
        let made =
            tracing::subscriber::with_default(subscriber(lines(LogFormat::Json, writer), None), || {
                (!info_span!("request").is_disabled(), tracing::event_enabled!(tracing::Level::INFO))
            });
        assert_eq!(made, (false, true), "no span, and lines as ever");
    }
}
