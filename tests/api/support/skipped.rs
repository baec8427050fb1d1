//! Tests that have nothing to show on the cluster they are given.

use std::{
    io::{self, Write},
    thread,
};

use super::database::citus;

/// Where there is a Citus cluster: `true`, and it is said by the test's name, past what the test runner holds back.
pub fn on_citus(reason: &str) -> bool {
    let skips = citus::url().is_some();
    if skips {
        let thread = thread::current();
        // `eprintln!` is held back.
        let mut errors = io::stderr();
        writeln!(errors, "skipped on Citus: {}: {reason}", thread.name().unwrap_or_default()).unwrap();
    }
    skips
}
