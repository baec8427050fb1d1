//! A server that was told not to migrate says that it is not ready until somebody did.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::empty_database;

struct Server {
    process: Child,
    base: String,
}

#[tokio::test]
async fn a_server_is_ready_once_the_migrations_are_there() {
    let database_url = empty_database().await;
    let server = Server::start(&database_url);
    let not_ready = reqwest::get(format!("{}/health/ready", server.base)).await.unwrap();
    assert_eq!(not_ready.status(), 503);
    assert!(not_ready.text().await.unwrap().contains("lacks migrations"));
    let live = reqwest::get(format!("{}/health/live", server.base)).await.unwrap();
    assert_eq!(live.status(), 200);

    let migrate = program(&database_url).arg("migrate").output().unwrap();
    assert!(migrate.status.success(), "{migrate:?}");
    let ready = reqwest::get(format!("{}/health/ready", server.base)).await.unwrap();
    assert_eq!(ready.status(), 200);
}

#[tokio::test]
async fn a_server_whose_database_is_away_lives_and_is_not_ready() {
    let server = Server::start("postgres://azotte:secret@127.0.0.1:1/azotte");
    let not_ready = reqwest::get(format!("{}/health/ready", server.base)).await.unwrap();
    assert_eq!(not_ready.status(), 503);
    assert!(not_ready.text().await.unwrap().contains("does not answer"));
    let live = reqwest::get(format!("{}/health/live", server.base)).await.unwrap();
    assert_eq!(live.status(), 200);
}

impl Server {
    /// A live one: in the sandbox a server first creates its tenant, which takes the tables.
    fn start(database_url: &str) -> Self {
        let mut command = program(database_url);
        command.args(["serve", "--no-migrate", "--environment", "live", "--listen", "127.0.0.1:0"]);
        command.arg("--allow-unsafe-database");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut greeting = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let base = greeting.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        Self { process, base: base.to_owned() }
    }
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
