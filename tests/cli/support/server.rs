//! A running server: started until it says where it listens, killed when the test ends.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use super::{Client, Folder, KEY, Program, TENANT, eventually};

pub struct Server {
    process: Child,
    stdout: Text,
    stderr: Text,
    address: SocketAddr,
    ops: SocketAddr,
}

/// What a stream has said so far.
type Text = Arc<Mutex<String>>;

impl Server {
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(&Program::in_folder(folder), &[])
    }

    /// On a free port, with further flags.
    pub fn start_with(program: &Program, flags: &[&str]) -> Self {
        let mut command = program.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]).args(flags);
        Self::spawn(&mut command)
    }

    pub fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stdout = collect(process.stdout.take().unwrap());
        let stderr = collect(process.stderr.take().unwrap());
        let [address, ops] = eventually("the server says where it listens", || {
            if let Some(status) = process.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", stderr.lock().unwrap());
            }
            addresses_in(&stdout.lock().unwrap())
        });
        Self { process, stdout, stderr, address, ops }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators ask, who need no credentials.
    pub fn operator(&self) -> Client {
        Client::new(self.ops, TENANT, KEY)
    }

    /// The tenant of the documents' samples.
    pub fn acme(&self) -> Client {
        Client::new(self.address, TENANT, KEY)
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.process.id(), name);
    }

    pub fn wait(&mut self) -> ExitStatus {
        eventually("the server ends", || self.process.try_wait().unwrap())
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// By the shell, which always has it.
pub fn signal(process: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().unwrap();
    assert!(status.success());
}

fn collect(stream: impl Read + Send + 'static) -> Text {
    let text = Text::default();
    let collected = text.clone();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = collected.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    text
}

/// Of `… listens on http://127.0.0.1:40123 (…`, once all of the greeting is there.
fn addresses_in(stdout: &str) -> Option<[SocketAddr; 2]> {
    let mut rest = stdout.split("http://").skip(1);
    let mut next = || rest.next()?.split_whitespace().next()?.parse().ok();
    let is_complete = stdout.contains("(live,") || stdout.contains("--data");
    is_complete.then(|| Some([next()?, next()?])).flatten()
}
