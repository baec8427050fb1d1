//! Whether this machine and the database agree on the time: keys and tokens expire by it.

use chrono::Utc;
use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::settings;

const TOLERANCE_SECONDS: i64 = 5;

pub async fn check(connection: &mut PgConnection) -> Outcome {
    let Ok(server) = settings::read(connection).await else { return Outcome::silent() };
    let skew = (Utc::now() - server.now).num_seconds();
    if skew.abs() <= TOLERANCE_SECONDS {
        return Outcome::fine("agrees with the database's");
    }
    let message = format!("is {skew} s ahead of the database's; keys and tokens expire by it: set it by NTP");
    Outcome::wrong("clock_skew", message)
}
