//! What the program inherits from whoever starts it: variables, signals, limits, users.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::{Folder, Program, Server, within};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn an_env_file_is_taken_as_it_is_written_and_an_empty_variable_is_none() {
    let folder = Folder::create();
    folder.write(".env", "AZOTTE_JWT_ISSUER=a$HOME\\n\nAZOTTE_JWT_SECRET='thirty-two bytes and a $tail of them'\nAZOTTE_CELL=42\n");
    let program = Program::in_folder(&folder).with("AZOTTE_CELL", "").with("DATABASE_URL", "");
    let token = program.run(&["token", "issue", "--tenant", "acme"]);
    assert!(token.stderr.contains("no such tenant"), "{token:?}");
    program.json(&["tenant", "create", "--name", "acme", "--domain", "acme.example.com"]);
    let token = program.json(&["token", "issue", "--tenant", "acme"]);
    let token = token["token"].as_str().unwrap();
    let claims = base64(token.split('.').nth(1).unwrap());
    assert!(claims.contains(r#""iss":"a$HOME\\n""#), "{claims}");
    let same = Program::in_folder(&folder).with("AZOTTE_JWT_SECRET", "thirty-two bytes and a $tail of them");
    let again = same.json(&["token", "issue", "--tenant", "acme"]);
    assert_eq!(header(token), header(again["token"].as_str().unwrap()), "the same key has the same id");
    assert!(program.run(&["doctor"]).stdout.contains("cell 42"), "an empty variable leaves it to the file");
}

#[test]
fn a_secret_with_white_space_at_its_ends_is_refused() {
    let folder = Folder::create();
    let secret = "a secret of more than thirty-two bytes\n";
    let outcome = Program::in_folder(&folder).with("AZOTTE_JWT_SECRET", secret).run(&["doctor"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("without white space at its ends"), "{outcome:?}");
}

#[test]
fn variables_of_postgresqls_clients_do_not_steer_the_embedded_database() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    for (name, value) in
        [("PGSSLMODE", "require"), ("PGDATABASE", "canary"), ("PGPORT", "1"), ("PGUSER", "canary")]
    {
        assert_eq!(program.with(name, value).run(&["tenant", "list"]).code, Some(0), "{name}");
    }
    let options = program.with("PGOPTIONS", "-c search_path=canary").run(&["tenant", "list"]);
    assert_eq!(options.code, Some(1), "{options:?}");
    assert!(options.stderr.contains("PGOPTIONS must not be set"), "{options:?}");
}

#[test]
fn a_folder_of_programs_that_does_not_work_is_an_error() {
    let folder = Folder::create();
    let outcome = Program::in_folder(&folder).with("PG_BINDIR", "/nowhere").run(&["tenant", "list"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("PG_BINDIR is set to /nowhere"), "{outcome:?}");
    assert_eq!(Program::in_folder(&folder).with("PG_BINDIR", "").run(&["tenant", "list"]).code, Some(0));
}

#[test]
fn a_closed_terminal_ends_a_server_that_has_no_keys_to_read_again() {
    let folder = Folder::create();
    let mut server = Server::start(&folder);
    server.signal("HUP");
    assert!(server.wait().success());
    assert!(server.stderr().contains("stopping"), "in order: {}", server.stderr());
    folder.wait_until_database_is_gone();
}

#[test]
fn a_server_started_by_nohup_outlives_its_terminal() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder).command();
    let mut command = shell(&program, r#"trap "" HUP; exec "$0" "$@""#);
    let server = Server::spawn(command.args(["serve", "--listen", "127.0.0.1:0"]));
    server.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.acme().get("/health/live").unwrap().status, 200);
}

#[test]
fn programs_can_be_waited_for_whatever_the_parent_did_with_sigchld() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder).command();
    let mut command = Command::new("python3");
    let ignore = "import os,signal,sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])";
    command
        .args(["-c", ignore])
        .arg(program.get_program())
        .args(["tenant", "list"])
        .current_dir(folder.path());
    let outcome = command.env_remove("DATABASE_URL").output().unwrap();
    assert!(outcome.status.success(), "{outcome:?}");
}

#[test]
fn too_few_files_are_a_reason_not_to_start() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder).command();
    let mut command = shell(&program, r#"ulimit -n 100; exec "$0" "$@""#);
    let outcome = command.args(["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.status.code(), Some(1), "{said}");
    assert!(said.contains("ulimit -n"), "{said}");
}

#[test]
fn a_user_without_a_name_is_told_so() {
    let folder = Folder::create();
    if fs::read_to_string("/etc/passwd").unwrap().contains(":54321:") || !is_root() {
        return;
    }
    std::os::unix::fs::chown(folder.path(), Some(54321), Some(54321)).unwrap();
    let binary = folder.path().join("azotte-customers");
    fs::copy(env!("CARGO_BIN_EXE_azotte-customers"), &binary).unwrap();
    let mut command = Program::in_folder(&folder).running(&binary).command();
    let outcome = command.args(["tenant", "list"]).uid(54321).gid(54321).output().unwrap();
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.status.code(), Some(1), "{said}");
    assert!(said.contains("uid 54321 has none") && said.lines().count() == 1, "{said}");
}

#[test]
fn an_embedded_database_whose_socket_was_removed_is_started_again() {
    let folder = Folder::create();
    let mut server = Server::start(&folder);
    server.acme().store("crm-1").unwrap();
    fs::remove_file(folder.path().join(".azotte/.s.PGSQL.5432")).unwrap();
    within(SOON, "it is told", || server.stderr().contains("runs again").then_some(()));
    within(SOON, "the customer is there", || {
        server.acme().info("exId=crm-1").ok().filter(|reply| reply.status == 200)
    });
    server.signal("TERM");
    assert!(server.wait().success());
}

#[test]
fn the_collector_of_traces_is_asked_without_a_proxy() {
    let folder = Folder::create();
    let (proxy, collector) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    proxy.set_nonblocking(true).unwrap();
    collector.set_nonblocking(true).unwrap();
    let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let program = Program::in_folder(&folder).with("AZOTTE_OTLP_ENDPOINT", &url(&collector));
    let server =
        Server::start_with(&program.with("HTTP_PROXY", &url(&proxy)).with("http_proxy", &url(&proxy)), &[]);
    server.acme().info("exId=crm-1").unwrap();
    within(SOON, "the collector is asked", || collector.accept().ok());
    assert!(proxy.accept().is_err(), "the proxy was asked");
}

/// `sh` that runs `script` with the program and further arguments, in the program's folder and environment.
fn shell(program: &Command, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(program.get_program()).stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(program.get_current_dir().unwrap());
    command
}

fn header(token: &str) -> String {
    base64(token.split('.').next().unwrap())
}

fn base64(text: &str) -> String {
    use ::base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid() == 0
}
