//! The machine that crashes: a working folder, the server in it, and its durable embedded cluster.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Far longer than a start with recovery takes.
const PATIENCE: Duration = Duration::from_secs(60);

static CREATED: AtomicU32 = AtomicU32::new(0);

pub struct Machine {
    folder: PathBuf,
    server: Option<(Child, SocketAddr)>,
}

impl Machine {
    /// Below the system's temporary folder, which the database's user can reach when the tests run as root.
    pub fn start() -> Self {
        let name = format!("azotte-crash-{}-{}", std::process::id(), CREATED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        // Processes are found by the folder they work in, which has no links in it.
        let mut machine = Self { folder: folder.canonicalize().unwrap(), server: None };
        machine.start_server();
        machine
    }

    /// On a port of its own each time, with its cluster if that does not run.
    pub fn start_server(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_azotte-customers"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name == "DATABASE_URL" || name.starts_with("AZOTTE_")) {
                command.env_remove(name);
            }
        }
        // For the control, whose cluster is unsafe on purpose.
        command.args(["serve", "--listen", "127.0.0.1:0", "--allow-unsafe-database"]).env("RUST_LOG", "off");
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut greeting = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = greeting.next().expect("the server says where it listens").unwrap();
        // Read on, or what it says further has nowhere to go.
        thread::spawn(move || greeting.for_each(drop));
        let (_, rest) = first.split_once("http://").unwrap();
        let address = rest.split_whitespace().next().unwrap().parse().unwrap();
        self.server = Some((process, address));
    }

    pub fn address(&self) -> SocketAddr {
        self.server.as_ref().expect("a running server").1
    }

    pub fn kill_server(&mut self) {
        if let Some((mut process, _)) = self.server.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// `None` while there is no postmaster.
    pub fn kill_postmaster(&self) -> Option<()> {
        kill(&[self.postmaster()?]);
        Some(())
    }

    /// One that works for the server; all others end with it. `None` while there is none.
    pub fn kill_backend(&self) -> Option<()> {
        let backend = self.processes().into_iter().find(|process| {
            let title = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
            title.contains("postgres: postgres postgres")
        });
        kill(&[backend?]);
        Some(())
    }

    /// Everything at once, as when the power fails: nobody has time to write anything down.
    pub fn cut_power(&mut self) {
        let mut all = self.processes();
        // First the postmaster, which would tell the others to end.
        all.sort_by_key(|process| Some(*process) != self.postmaster());
        all.insert(0, self.server.as_ref().expect("a running server").0.id());
        kill(&all);
        self.kill_server();
        self.wait_until_database_is_gone();
    }

    pub fn wait_until_database_is_gone(&self) {
        poll("the database's processes end", || self.processes().is_empty().then_some(()));
    }

    pub fn database_url(&self) -> String {
        let host = self.data().to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@localhost:5432/postgres?host={host}")
    }

    fn data(&self) -> PathBuf {
        self.folder.join(".azotte")
    }

    fn postmaster(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.data().join("postgres/postmaster.pid")).ok()?;
        lock.lines().next()?.trim().parse().ok()
    }

    /// The database's, its supervisor included: all of them work in the data folder or below.
    fn processes(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let works_here = |process: &u32| {
            fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|place| place.starts_with(self.data()))
        };
        numbers.filter(works_here).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some((mut process, _)) = self.server.take() {
            process.kill().ok();
            process.wait().ok();
        }
        // Not an assertion: a failing test comes through here as well.
        let deadline = Instant::now() + PATIENCE;
        while !self.processes().is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// The first `Some` that `look` returns.
pub fn poll<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// By the shell, which always has it. One of them may have ended before.
fn kill(processes: &[u32]) {
    let numbers: Vec<String> = processes.iter().map(u32::to_string).collect();
    Command::new("sh")
        .args(["-c", &format!("kill -KILL {} 2>/dev/null", numbers.join(" "))])
        .status()
        .unwrap();
}
