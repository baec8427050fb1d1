//! `health`, by which a container asks its own server; what a server says of where it is, and logs of being asked.

use std::net::TcpListener;

use crate::support::{Folder, Program, Server};

fn health(folder: &Folder, listen: &str, flags: &[&str]) -> (Option<i32>, String) {
    let program = Program::in_folder(folder).with("AZOTTE_LISTEN", listen);
    let outcome = program.run(&[&["health"], flags].concat());
    (outcome.code, outcome.stdout + &outcome.stderr)
}

#[test]
fn a_server_is_asked_whether_it_lives_and_whether_it_is_ready() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let listen = server.address().to_string();
    for (flags, path) in [(vec![], "live"), (vec!["--ready"], "ready")] {
        let said = format!("http://{listen}/health/{path} answers 200.\n");
        assert_eq!(health(&folder, &listen, &flags), (Some(0), said));
    }
    let everywhere = format!("0.0.0.0:{}", server.address().port());
    assert_eq!(health(&folder, &everywhere, &[]).0, Some(0));
}

#[test]
fn where_nobody_answers_it_says_so_and_fails() {
    let folder = Folder::create();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, said) = health(&folder, &format!("[::ffff:127.0.0.1]:{port}"), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("/health/live does not answer"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_server_that_listens_everywhere_prints_a_curl_for_this_machine() {
    let folder = Folder::with_database();
    let mut command = Program::in_folder(&folder).command();
    let server = Server::spawn(command.args(["serve", "--listen", "0.0.0.0:0", "--environment", "sandbox"]));
    let curl = format!("curl http://127.0.0.1:{}/api", server.address().port());
    assert!(server.stdout().contains(&curl), "{}", server.stdout());
}

#[test]
fn being_asked_is_no_news() {
    for (levels, is_logged) in [("info", false), ("debug", true)] {
        let folder = Folder::with_database();
        let program = Program::in_folder(&folder).with("RUST_LOG", levels);
        let mut server = Server::start_with(&program, &["--log-format", "json"]);
        server.acme().get("/health/live").unwrap();
        server.acme().info("exId=crm-1").unwrap();
        server.signal("TERM");
        server.wait();
        assert_eq!(server.stderr().contains("\"/health/live\""), is_logged, "{}", server.stderr());
        assert!(server.stderr().contains("/customer/info\""), "{}", server.stderr());
    }
}
