//! A program of `benches/peers` that runs on the server's database.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    processes,
    requests::SAMPLE_KEY,
    server::{Server, TENANT},
};

/// How long a peer may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Paths are in `benches/peers`.
pub struct Program {
    pub name: &'static str,
    pub interpreter: Interpreter,
    pub script: &'static str,
    /// There once its packages are.
    pub installed: &'static str,
}

pub enum Interpreter {
    OfTheMachine(&'static str),
    Installed(&'static str),
}

/// Killed when it is dropped.
pub struct Peer {
    pub name: &'static str,
    pub address: SocketAddr,
    process: Child,
}

impl Program {
    pub fn is_installed(&self) -> bool {
        folder().join(self.installed).exists()
    }

    /// Listening, on a port of its own.
    pub fn start(&self, server: &Server) -> Peer {
        let Self { name, interpreter, script, .. } = self;
        let address = free_address();
        let process = match interpreter {
            Interpreter::OfTheMachine(program) => Command::new(program),
            Interpreter::Installed(path) => Command::new(folder().join(path)),
        }
        .arg(folder().join(script))
        .env("NODE_ENV", "production")
        .env("PORT", address.port().to_string())
        // asyncpg looks at `host=` only where the address names no host.
        .env("DATABASE_URL", server.database_url.replace("@localhost:5432/", "@/"))
        .env("TENANT", TENANT)
        .env("API_KEY", SAMPLE_KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut peer = Peer { name, address, process };
        peer.wait_until_it_listens();
        peer
    }
}

impl Peer {
    pub fn processor_time(&self) -> Duration {
        processes::processor_time(self.process.id())
    }

    fn wait_until_it_listens(&mut self) {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(matches!(self.process.try_wait(), Ok(None)), "{} has ended", self.name);
            assert!(start.elapsed() < PATIENCE, "{} does not listen", self.name);
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers"))
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}
