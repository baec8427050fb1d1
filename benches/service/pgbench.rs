//! The same statements sent by `pgbench`: how fast PostgreSQL is on this machine without the service.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use crate::server::{Server, TENANT};

/// Runs of the script per second.
pub fn rate(server: &Server, script: &str, clients: usize, time: Duration) -> f64 {
    let mut pgbench = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--file", "-"])
        .args(["--client", &clients.to_string(), "--time", &time.as_secs().to_string()])
        .args(["--define", &format!("tenant={TENANT}"), "--define", "nobody=nobody"])
        .args(["--define", "actor=key:00000000-0000-4000-8000-000000000000", &server.database_url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pgbench, of PostgreSQL's programs");
    pgbench.stdin.take().expect("its input").write_all(script.as_bytes()).expect("the script is read");
    let output = pgbench.wait_with_output().expect("pgbench ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{script}: {}", String::from_utf8_lossy(&output.stderr)))
}
