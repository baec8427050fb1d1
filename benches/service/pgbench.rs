//! The same statements sent by `pgbench`: what PostgreSQL makes of this machine without us.

use std::{process::Command, time::Duration};

use crate::server::{Server, TENANT};

/// Statements a second; those of an update count as one.
pub fn rate(server: &Server, script: &str, clients: usize, time: Duration) -> f64 {
    let file = format!("{}/benches/service/sql/{script}.sql", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--file", &file])
        .args(["--client", &clients.to_string(), "--time", &time.as_secs().to_string()])
        .args(["--define", &format!("tenant={TENANT}"), "--define", "nobody=nobody"])
        .args(["--define", "actor=key:00000000-0000-4000-8000-000000000000", &server.database_url])
        .output()
        .expect("pgbench, of PostgreSQL's programs");
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{script}: {}", String::from_utf8_lossy(&output.stderr)))
}
