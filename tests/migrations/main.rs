//! The migrations as they will meet the world: empty databases, full ones, and each other.

#[path = "../api/support/caller.rs"]
mod caller;
#[path = "../api/support/database.rs"]
mod database;
#[path = "../api/support/pool_limits.rs"]
mod pool_limits;

mod apply;
mod catalogue;
mod citus;
mod distributed;
mod erasure;
mod indexes;
mod ownership;
mod plans;
mod positions;
mod readiness;
mod rows;
mod text;

/// The URL of a database without a table.
async fn empty_database() -> String {
    database::copy_of("template0").await
}
