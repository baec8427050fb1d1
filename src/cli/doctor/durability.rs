//! Whether a crash of the database keeps what was acknowledged.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::settings;

pub async fn check(connection: &mut PgConnection) -> Outcome {
    let Ok(server) = settings::read(&mut *connection).await else { return Outcome::silent() };
    let Ok(workers) = settings::unsafe_workers(connection).await else { return Outcome::silent() };
    let of_workers = workers.iter().map(|worker| format!("{} on the worker {}", worker.text, worker.node));
    let off: Vec<_> = server.unsafe_settings.into_iter().chain(of_workers).collect();
    if off.is_empty() {
        return Outcome::fine("acknowledged writes survive a crash");
    }
    let names = off.join(", ");
    Outcome::wrong("durability_off", format!("{names} off: an acknowledged write can be lost; switch on"))
}
