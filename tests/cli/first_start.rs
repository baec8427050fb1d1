//! What a newcomer does: start it, copy the curl, run it; and the ways a start can be in somebody's way.

use std::{net::TcpListener, process::Command};

use serde_json::Value;

use crate::support::{Folder, Program, Server};

#[test]
fn the_curl_that_the_first_start_prints_works_as_it_is() {
    let folder = Folder::create();
    let server = Server::start(&folder);

    let urn = store_by_printed_curl(&server);
    assert_eq!(server.acme().info(&format!("urn={urn}")).unwrap().status, 200);
    drop(server);

    let again = Server::start(&folder);
    assert_ne!(store_by_printed_curl(&again), urn);
}

/// The URN that it answers.
fn store_by_printed_curl(server: &Server) -> String {
    let stdout = server.stdout();
    let (_, curl) = stdout.split_once("curl ").expect("a curl");
    let run = Command::new("sh").args(["-c", &format!("curl {curl}")]).output().unwrap();

    let answer: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(answer["status"]["messageCode"], "SUCCESS", "{answer}");
    answer["result"]["customerUrn"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_server_on_the_same_folder_is_told_why_not() {
    let folder = Folder::with_database();
    let first = Server::start(&folder);

    let second = Program::in_folder(&folder).run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("a server already runs on"), "{second:?}");
    assert_eq!(second.stderr.lines().count(), 1, "{second:?}");

    assert_eq!(first.acme().get("/health/ready").unwrap().status, 200);
}

#[test]
fn a_port_in_use_is_named() {
    let folder = Folder::with_database();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();

    let outcome = Program::in_folder(&folder).run(&["serve", "--listen", &address]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("AZOTTE_LISTEN"), "{outcome:?}");
    assert!(outcome.stderr.contains(&address), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    folder.wait_until_database_is_gone();
}

#[test]
fn a_sandbox_without_tables_is_told_how_to_get_them() {
    let folder = Folder::create();
    let outcome = Program::in_folder(&folder).run(&["serve", "--no-migrate", "--listen", "127.0.0.1:0"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("run `azotte-customers migrate`"), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
}
