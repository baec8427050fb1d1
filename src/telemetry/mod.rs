//! How the program can be observed: log lines on standard error, metrics, traces.

pub mod log;
pub mod metrics;
#[cfg(feature = "otel")]
pub mod traces;
#[cfg(not(feature = "otel"))]
#[path = "no_traces.rs"]
pub mod traces;

use std::io::{IsTerminal, stderr};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use self::log::LogFormat;
use self::{
    log::{BoxedLayer, Log},
    traces::Traces,
};

/// Log lines and traces. Dropped, it writes the last lines.
pub struct Telemetry {
    _log: Log,
    traces: Traces,
}

impl Telemetry {
    /// `traces_to`: the base URL of a collector; without it there are no traces. `RUST_LOG` overrides the levels of
    /// log lines. sqlx is off by default, because it logs whole statements.
    pub async fn start(format: LogFormat, traces_to: Option<String>) -> anyhow::Result<Self> {
        let traces = Traces::to(traces_to).await?;
        let log = Log::start(format, has_colours(), stderr())?;
        subscriber(log.layer(levels()), traces.layer()).init();
        Ok(Self { _log: log, traces })
    }

    /// Sends the last spans and writes the last lines.
    pub async fn finish(self) {
        self.traces.finish().await;
    }
}

fn levels() -> EnvFilter {
    let levels = EnvFilter::try_from_default_env().ok().filter(|_| is_said("RUST_LOG"));
    levels.unwrap_or_else(|| EnvFilter::new("info,sqlx=off"))
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
        let log = Log::start(LogFormat::Json, false, std::io::sink()).unwrap();
        let layer = log.layer(EnvFilter::new("info"));
        let made = tracing::subscriber::with_default(subscriber(layer, None), || {
            (!info_span!("request").is_disabled(), tracing::event_enabled!(tracing::Level::INFO))
        });
        assert_eq!(made, (false, true), "no span, and lines as ever");
    }
}
