//! How the program can be observed: log lines on standard error, metrics, traces.

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

impl LogFormat {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pretty" => Some(Self::Pretty),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Log lines and traces, until [`Self::finish`]. A thread of its own writes the log, so that no request waits for it.
pub struct Telemetry {
    _logs: WorkerGuard,
    traces: Traces,
}

impl Telemetry {
    /// `traces_to`: the base URL of a collector; without it there are no traces. `RUST_LOG` overrides the levels of
    /// log lines. sqlx is off by default, because it logs whole statements.
    pub async fn start(format: LogFormat, traces_to: Option<String>) -> anyhow::Result<Self> {
        let traces = Traces::to(traces_to).await?;
        let (writer, logs) = tracing_appender::non_blocking(stderr());
        subscriber(lines(format, writer), traces.layer()).init();
        Ok(Self { _logs: logs, traces })
    }

    /// Sends the last spans and writes the last lines.
    pub async fn finish(self) {
        self.traces.finish().await;
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Lines are made of events only; spans are for traces.
fn lines(format: LogFormat, writer: NonBlocking) -> BoxedLayer {
    let lines = fmt::layer().with_writer(writer).with_target(false);
    let lines = match format {
        LogFormat::Pretty => lines.with_ansi(has_colours()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let levels = EnvFilter::try_from_default_env().ok().filter(|_| is_said("RUST_LOG"));
    let levels = levels.unwrap_or_else(|| EnvFilter::new("info,sqlx=off"));
    lines.with_filter(levels.and(filter_fn(|metadata| metadata.is_event()))).boxed()
}

/// See <https://no-color.org>.
fn has_colours() -> bool {
    stderr().is_terminal() && !is_said("NO_COLOR")
}

/// An empty variable counts as unset.
fn is_said(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Leaves the trace layer out instead of adding `None`: an `Option` layer enables every span.
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
