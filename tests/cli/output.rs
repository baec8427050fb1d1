//! What the commands print, for people, `grep` and pipes that end early.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

use crate::support::{Client, Folder, KEY, Program, TENANT, eventually, signal};

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    for arguments in [
        &["tenant", "create", "--name", "globex", "--domain", "globex.example.com"][..],
        &["tenant", "list"],
        &["tenant", "list", "--json"],
        &["doctor"],
        &["openapi", "c2a"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let outcome = program.command().args(arguments).stdout(writer).output().unwrap();
        assert_eq!(outcome.status.code(), Some(0), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stderr, b"", "{arguments:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let folder = Folder::create();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let outcome =
        Program::in_folder(&folder).command().args(["tenant", "list"]).stdout(full).output().unwrap();
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.status.code(), Some(1), "{said}");
    assert!(said.contains("standard output cannot be written") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_server_whose_greeting_nobody_reads_serves() {
    let folder = Folder::create();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Program::in_folder(&folder).command();
    command.args(["--listen", &port.to_string()]).stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let client = Client::new(port, TENANT, KEY);
    eventually("it serves", || {
        assert!(server.try_wait().unwrap().is_none(), "the server ended");
        client.get("/health/ready").ok().filter(|reply| reply.status == 200)
    });
    signal(server.id(), "TERM");
    assert!(server.wait().unwrap().success());
}

#[test]
fn a_row_of_a_table_is_a_line_and_there_is_none_between_rows() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    for name in ["globex", "initech"] {
        let domain = format!("{name}.a-long-name-for-a-domain-that-needs-its-room.example.com");
        program.json(&["tenant", "create", "--name", name, "--domain", &domain]);
    }
    let table = program.run(&["tenant", "list"]).stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.lines().all(|line| line.contains("Tenant") || line.contains("active")), "{table}");
    assert!(!table.contains('\x1b'), "colours are for terminals: {table:?}");
}

#[test]
fn help_shows_what_belongs_to_the_command() {
    let folder = Folder::create();
    let help = |arguments: &[&str]| Program::in_folder(&folder).run(arguments).stdout;
    let audit = help(&["audit", "list", "--help"]);
    for foreign in ["--listen", "--max-in-flight", "--jwt-secret", "--db-connections", "--log-format"] {
        assert!(!audit.contains(foreign), "{foreign}: {audit}");
        assert!(help(&["serve", "--help"]).contains(foreign), "{foreign}");
        assert!(help(&["--help"]).contains(foreign), "{foreign}");
    }
    assert!(audit.contains("--limit") && audit.contains("--database-url"), "{audit}");
    assert!(help(&["token", "issue", "--help"]).contains("--jwt-secret"));
    assert!(help(&["doctor", "--help"]).contains("--listen"));
    assert!(!help(&["openapi", "--help"]).contains("--database-url"));
    assert!(!help(&["serve", "--help"]).contains("allow-unsafe"));
}

#[test]
fn a_wrong_argument_is_answered_without_settings_that_were_not_asked_for() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder).with("AZOTTE_DATA_DIR", "/nowhere");
    let wrong = program.run(&["audit", "list", "--limit", "1"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("--tenant") && !wrong.stderr.contains("--data-dir"), "{wrong:?}");
    let wrong = program.run(&["key", "revoke", "--key", "nope"]);
    assert_eq!(wrong.stderr, "azotte-customers: --key must be a UUID.\n");
}

#[test]
fn completions_and_a_manual_page_are_made_from_the_command_line() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    for shell in ["bash", "zsh", "fish"] {
        let script = program.run(&["completions", shell]).stdout;
        assert!(script.contains("provider-instance") && script.contains("max-in-flight"), "{shell}");
    }
    let page = program.run(&["man"]).stdout;
    assert!(page.contains(".TH azotte-customers") && page.contains("AZOTTE_LISTEN"), "{page}");
}

/// As a terminal does it: the signal goes to every process of the group.
#[test]
fn ctrl_c_in_the_very_first_start_stops_in_order() {
    let folder = Folder::create();
    let mut command = Program::in_folder(&folder).command();
    command
        .args(["--listen", "127.0.0.1:0"])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut server = command.spawn().unwrap();
    eventually("initdb is at work", || {
        folder.path().join(".azotte/postgres.new/base").exists().then_some(())
    });
    signal_group(server.id(), "INT");
    let status = server.wait().unwrap();
    let said: Vec<_> = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
    assert!(!said.join("\n").contains("could not create"), "{said:?}");
    assert!(status.success(), "{said:?}");
}

fn signal_group(leader: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} -{leader}")]).status().unwrap();
    assert!(status.success());
}
