//! `serve`: the server, until it is told to stop.

use std::{fs, io, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{health::from_here, output::print};
use crate::app::Application;
use crate::config::{Config, ServeConfig};
use crate::database::Database;
use crate::domain::{api_key::SAMPLE_KEY, clock::SystemClock, environment::Environment};
use crate::sandbox::seed;
use crate::telemetry::Telemetry;

/// `unknown_variables`: sentences on variables that look like settings and are none.
pub async fn run(config: &Config, serve: &ServeConfig, unknown_variables: &[String]) -> anyhow::Result<()> {
    let telemetry = Telemetry::start(config.log_format, serve.otlp_endpoint.clone()).await?;
    for unknown in unknown_variables {
        tracing::warn!("{unknown}");
    }
    // Before anything is started: a signal during the start must not leave half of it behind.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = ending_hangup(config)?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = received(&mut hangup) => {}
        }
        tracing::info!("stopping: running requests may finish");
        told.cancel();
    });
    let clock = SystemClock::shared();
    let started = clock.now().timestamp_millis();
    let start = async {
        let database = Database::open_for_server(config).await?;
        let is_embedded = database.embedded.is_some();
        let application = Application::build(config, serve, database, clock).await?;
        anyhow::Ok((application, is_embedded))
    };
    let (application, is_embedded) = tokio::select! {
        started = start => started?,
        () = given_up(&stop) => {
            tracing::warn!("stopped before the start was over");
            telemetry.finish().await;
            return Ok(());
        }
    };
    // Not worth a server: the reader of its output may be gone.
    if let Err(error) = print(&format!("{}\n", greeting(config, &application, is_embedded, started))) {
        tracing::warn!("{error:#}");
    }
    let ended = application.run(stop.cancelled_owned()).await;
    telemetry.finish().await;
    ended
}

/// When the server was told to stop and its start takes longer still, as before a database that is locked.
async fn given_up(stop: &CancellationToken) {
    const PATIENCE: Duration = Duration::from_secs(5);
    stop.cancelled().await;
    tokio::time::sleep(PATIENCE).await;
}

/// SIGHUP, where it ends the server as it ends any program whose terminal is closed: it has no file of keys to read again,
/// and was not started with the signal ignored, as by `nohup`.
fn ending_hangup(config: &Config) -> io::Result<Option<Signal>> {
    if config.jwt_keys_file.is_some() || is_hangup_ignored() {
        return Ok(None);
    }
    signal(SignalKind::hangup()).map(Some)
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// As the kernel tells it: a mask of signals in hexadecimal, SIGHUP the first. False where there is no /proc.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// `started`, in milliseconds, makes the example another customer than that of the last start.
fn greeting(config: &Config, application: &Application, is_embedded: bool, started: i64) -> String {
    let address = application.address();
    let database = if is_embedded { "its embedded PostgreSQL" } else { "the PostgreSQL of DATABASE_URL" };
    let environment = config.environment.as_str();
    let listening = format!(
        "azotte-customers listens on http://{address} ({environment}, on {database}).\nMetrics and readiness for operators: http://{}",
        application.ops_address()
    );
    if config.environment == Environment::Live {
        return listening;
    }
    let tenant = seed::TENANT_ID;
    let here = from_here(address);
    format!(
        r#"{listening}

Try it:

curl http://{here}/api/v1/c2a/customer/store \
  --header 'Content-Type: application/json' \
  --header 'x-tn: {tenant}' \
  --header 'x-api-key: {SAMPLE_KEY}' \
  --data '{{"customer":{{"externalIdentifier":"crm-{started}","email":"first-{started}@example.com"}},"claimedRegion":{{"countryCode":"DE","languageCode":"de"}}}}'
"#
    )
}
