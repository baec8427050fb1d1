//! The same statements sent by `pgbench`: how fast PostgreSQL is on this machine without the service.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    load::percentile,
    server::{Server, TENANT},
};

/// Runs of a script.
pub struct Runs {
    pub per_second: f64,
    /// Milliseconds, of a sample.
    pub p99: f64,
}

/// Runs the script for so long.
pub fn run(server: &Server, script: &str, clients: usize, time: Duration) -> Runs {
    let folder = std::env::temp_dir().join(format!("azotte-pgbench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let mut pgbench = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--file", "-"])
        .args(["--client", &clients.to_string(), "--time", &time.as_secs().to_string()])
        .args(["--log", "--sampling-rate", "0.1"])
        .args(["--define", &format!("tenant={TENANT}"), "--define", "nobody=nobody"])
        .args(["--define", "actor=key:00000000-0000-4000-8000-000000000000", &server.database_url])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pgbench, of PostgreSQL's programs");
    pgbench.stdin.take().expect("its input").write_all(script.as_bytes()).expect("the script is read");
    let output = pgbench.wait_with_output().expect("pgbench ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    let per_second = tps.unwrap_or_else(|| panic!("{script}: {}", String::from_utf8_lossy(&output.stderr)));
    let p99 = percentile(&times(&folder), 0.99);
    fs::remove_dir_all(&folder).ok();
    Runs { per_second, p99 }
}

/// From `pgbench`'s log: a run a line, the third field its microseconds.
fn times(folder: &Path) -> Vec<Duration> {
    let files = fs::read_dir(folder).expect("pgbench's log").filter_map(Result::ok);
    let lines: Vec<String> = files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
    let times =
        lines.iter().flat_map(|text| text.lines()).filter_map(|line| line.split(' ').nth(2)?.parse().ok());
    times.map(Duration::from_micros).collect()
}
