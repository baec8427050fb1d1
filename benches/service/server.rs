//! The server that is measured, on a durable database of its own with customers in it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use embedded_postgres::{Durability, EmbeddedPostgres, prepare_folder};

use crate::processes;

/// Customers of the sandbox tenant: number `n` has the external id `bench-n`.
pub const CUSTOMERS: u32 = 100_000;
pub const TENANT: &str = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f";

pub struct Server {
    pub address: SocketAddr,
    pub database_url: String,
    process: Child,
    folder: PathBuf,
    _database: EmbeddedPostgres,
}

impl Server {
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("azotte-bench-{}", std::process::id()));
        prepare_folder(&folder).expect("a folder for the database");
        let database = EmbeddedPostgres::ensure(&folder, Durability::Durable).expect("PostgreSQL");
        let database_url = database.url("postgres");
        let mut process = program(&database_url)
            // The log is written as in production.
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--rate-limit", "100000", "--rate-burst", "100000"])
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("server.log")).expect("a log"))
            .spawn()
            .expect("the server");
        let mut greeting = BufReader::new(process.stdout.take().expect("its output")).lines();
        let first = greeting.next().expect("a greeting").expect("a line");
        thread::spawn(move || greeting.for_each(drop));
        let (_, rest) = first.split_once("http://").expect("an address");
        let address = rest.split_whitespace().next().expect("an address").parse().expect("an address");
        let server = Self { address, database_url, process, folder, _database: database };
        server.fill_to(CUSTOMERS);
        server
    }

    /// A command of the program, on the same database.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = program(&self.database_url).args(arguments).output().expect("the program");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Memory of the server's process, in MB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    }

    /// Processor time that the server's process has used.
    pub fn processor_time(&self) -> Duration {
        processes::processor_time(self.process.id())
    }

    /// Processor time that all processes of the database have used.
    pub fn database_processor_time(&self) -> Duration {
        let pid_file = self.folder.join("postgres/postmaster.pid");
        let text = fs::read_to_string(pid_file).expect("the database's process id");
        let postmaster = text.lines().next().and_then(|line| line.trim().parse().ok()).expect("a number");
        processes::processor_time_of_family(postmaster)
    }

    /// What `psql` prints of the statement's rows.
    pub fn sql(&self, statement: &str) -> String {
        let output = Command::new("psql")
            .args([&self.database_url, "--quiet", "--no-align", "--tuples-only", "--command", statement])
            .output()
            .expect("psql, of PostgreSQL's programs");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Adds customers until the numbers up to this one are there.
    pub fn fill_to(&self, customers: u32) {
        let fill = format!(
            "insert into customers (tenant_id, number, external_id, email, email_key, first_name, last_name,
                 legal_type, country_code, language_code, status)
             select '{TENANT}', n, 'bench-' || n, 'bench-' || n || '@example.com', 'bench-' || n || '@example.com',
                 'Jane', 'Doe', 'Individual', 'DE', 'de', 'Active'
             from generate_series(1, {customers}) as n
             on conflict do nothing;
             vacuum analyze customers;
             checkpoint;"
        );
        for statement in fill.split(';').filter(|statement| !statement.trim().is_empty()) {
            self.sql(statement);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Untouched by what the environment says.
fn program(database_url: &str) -> Command {
    let ours = env!("CARGO_BIN_EXE_azotte-customers").into();
    let mut command = Command::new(std::env::var_os("AZOTTE_BENCH_SERVER").unwrap_or(ours));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name == "DATABASE_URL" || name.starts_with("AZOTTE_")) {
            command.env_remove(name);
        }
    }
    command.args(["--database-url", database_url, "--environment", "sandbox"]).stdin(Stdio::null());
    command
}
