//! Logs: lines on standard error, written by a thread of their own so that no request waits for them.

pub mod metrics;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Until the guard is dropped. `RUST_LOG` overrides the levels; sqlx stays quiet, for it logs whole statements.
pub fn init(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=off"));
    let lines = fmt::layer().with_writer(writer).with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Pretty => {
            registry.with(lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).init()
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
    guard
}
