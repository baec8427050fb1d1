//! The pool limits of a program without settings, for tests that make a pool themselves.

use azotte_customers::{config::Config, database, postgres::connect::PoolLimits};
use clap::Parser;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

pub fn default_pool_limits() -> PoolLimits {
    database::pool_limits(&Settings::parse_from(["azotte-customers"]).config)
}
