//! A server refuses a database that may lose what it acknowledged, at its start and while it runs.

use std::{
    io::Read,
    process::{Child, Stdio},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{Client, Folder, Program, Server, eventually};

#[tokio::test]
async fn a_server_is_not_ready_while_its_database_may_lose_what_it_acknowledged() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let operator = server.operator();
    assert_eq!(readiness(&operator).0, 200);

    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        switch(&folder, setting, "off").await;
        eventually("the server is not ready", || (readiness(&operator).0 == 503).then_some(()));
        assert!(readiness(&operator).1.contains("azotte-customers doctor"), "{:?}", readiness(&operator));
        let doctor = Program::in_folder(&folder).run(&["doctor"]);
        assert!(doctor.stdout.contains(&format!("{setting} off")), "{doctor:?}");
        switch(&folder, setting, "on").await;
        eventually("the server is ready again", || (readiness(&operator).0 == 200).then_some(()));
    }
}

#[tokio::test]
async fn a_server_does_not_start_on_such_a_database_unless_it_is_told_to() {
    let folder = Folder::with_database();
    let first = Server::start(&folder);
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        switch(&folder, setting, "off").await;
    }
    drop(first);

    let refusal = refusal(&mut start(&Program::in_folder(&folder)));
    assert_eq!(refusal.lines().count(), 1, "{refusal}");
    assert!(refusal.contains("fsync, full_page_writes, synchronous_commit off"), "{refusal}");

    let told = Program::in_folder(&folder).with("AZOTTE_ALLOW_UNSAFE_DATABASE", "true");
    let server = Server::start_with(&told, &[]);
    assert_eq!(readiness(&server.operator()).0, 200);
    assert_eq!(server.acme().store("crm-1").unwrap().status, 200);
}

#[test]
fn what_only_tests_may_ask_for_is_not_offered() {
    let folder = Folder::create();
    assert!(!Program::in_folder(&folder).run(&["--help"]).text().contains("unsafe"));
}

fn start(program: &Program) -> Child {
    let mut command = program.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What it says when it ends by itself.
fn refusal(server: &mut Child) -> String {
    let mut said = String::new();
    eventually("the server ends", || server.try_wait().unwrap());
    server.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

async fn switch(folder: &Folder, setting: &str, to: &str) {
    let mut operator = PgConnection::connect(&folder.database_url()).await.unwrap();
    for statement in [format!("alter system set {setting} = {to}"), "select pg_reload_conf()".to_owned()] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut operator).await.unwrap();
    }
}

fn readiness(client: &Client) -> (u16, String) {
    let reply = client.get("/health/ready").unwrap();
    (reply.status, reply.body)
}
