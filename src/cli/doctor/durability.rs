//! Whether a crash of the database keeps what was acknowledged.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::settings;

pub async fn check(connection: &mut PgConnection) -> Outcome {
    let Ok(server) = settings::read(connection).await else { return Outcome::silent() };
    if server.unsafe_settings.is_empty() {
        return Outcome::fine("acknowledged writes survive a crash");
    }
    let names = server.unsafe_settings.join(", ");
    Outcome::wrong("durability_off", format!("{names} off: an acknowledged write can be lost; switch on"))
}
