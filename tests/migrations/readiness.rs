//! A server that was told not to migrate says that it is not ready until somebody did.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::empty_database;

struct Server {
    process: Child,
    /// Of customers, and of operators, who are told the reason.
    bases: [String; 2],
}

#[tokio::test]
async fn a_server_is_ready_once_the_migrations_are_there() {
    let database_url = empty_database().await;
    let server = Server::start(&database_url);
    server.is_not_ready("lacks migrations").await;

    let migrate = program(&database_url).arg("migrate").output().unwrap();
    assert!(migrate.status.success(), "{migrate:?}");
    server.is_ready_soon().await;
}

#[tokio::test]
async fn a_server_whose_database_is_away_lives_and_is_not_ready() {
    let server = Server::start("postgres://azotte:secret@127.0.0.1:1/azotte");
    server.is_not_ready("does not answer").await;
}

impl Server {
    /// A live one: in the sandbox a server first creates its tenant, which takes the tables.
    fn start(database_url: &str) -> Self {
        let mut command = program(database_url);
        command.args([
            "serve",
            "--no-migrate",
            "--environment",
            "live",
            "--listen",
            "127.0.0.1:0",
            "--ops-listen",
            "127.0.0.1:0",
        ]);
        command.args(["--allow-unsafe-database", "--fingerprint-secret", &"s".repeat(32)]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut greeting = BufReader::new(process.stdout.take().unwrap()).lines();
        let bases = [(); 2].map(|()| {
            let line = greeting.next().unwrap().unwrap();
            line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned()
        });
        Self { process, bases }
    }

    /// The reason is for operators.
    async fn is_not_ready(&self, reason: &str) {
        for (base, is_told) in self.bases.iter().zip([false, true]) {
            let (status, body) = ask(&format!("{base}/health/ready")).await;
            assert_eq!((status, body.contains(reason)), (503, is_told), "{body}");
            assert_eq!(ask(&format!("{base}/health/live")).await.0, 200);
        }
    }

    /// The database is looked at once a second.
    async fn is_ready_soon(&self) {
        for _ in 0..500 {
            if ask(&format!("{}/health/ready", self.bases[0])).await.0 == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not ready");
    }
}

async fn ask(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn program(database_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azotte-customers"));
    command.args(["--database-url", database_url, "--environment", "sandbox"]).stdin(Stdio::null());
    command
}
