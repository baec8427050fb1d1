//! A database that accepts connections and says nothing, as behind a proxy whose other side is gone: told, and not waited for
//! without end.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{ChildStderr, Stdio},
    thread,
    time::Duration,
};

use crate::support::{Folder, Program, eventually, signal, within};

/// Each is told after ten seconds. A bound, not a measurement.
const SOON: Duration = Duration::from_secs(40);
const WAITS: &str = "waiting for the database";
const SILENT: &str = "the database does not answer";

#[test]
fn every_command_and_the_start_say_so_and_end() {
    let folder = Folder::create();
    let program = on_a_silent_database(&folder);
    let commands: [&[&str]; 5] = [
        &["migrate"],
        &["tenant", "list"],
        &["export", "--tenant", "acme"],
        &["doctor"],
        &["serve", "--listen", "127.0.0.1:0"],
    ];
    let running: Vec<_> = commands
        .into_iter()
        .map(|arguments| {
            let program = program.clone();
            (arguments, thread::spawn(move || program.run(arguments)))
        })
        .collect();
    for (arguments, running) in running {
        within(SOON, "the command ends", || running.is_finished().then_some(()));
        let outcome = running.join().unwrap();
        assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(WAITS), "{arguments:?}: {outcome:?}");
        // doctor's findings are its output.
        assert!(outcome.text().contains(SILENT), "{arguments:?}: {outcome:?}");
    }
}

#[test]
fn a_start_that_waits_for_it_stops_when_it_is_told_to() {
    let folder = Folder::create();
    let mut command = on_a_silent_database(&folder).command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
    read_until(server.stderr.as_mut().unwrap(), WAITS);

    signal(server.id(), "TERM");

    assert!(eventually("the server ends", || server.try_wait().unwrap()).success());
}

fn on_a_silent_database(folder: &Folder) -> Program {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let accepted: Vec<TcpStream> = listener.incoming().map_while(Result::ok).collect();
        drop(accepted);
    });
    let url = format!("postgres://canary:canary@{address}/canary");
    Program::in_folder(folder).with("DATABASE_URL", &url).with("AZOTTE_ENVIRONMENT", "sandbox")
}

fn read_until(said: &mut ChildStderr, text: &str) {
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    while !String::from_utf8_lossy(&all).contains(text) {
        let read = said.read(&mut buffer).unwrap();
        assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&all));
        all.write_all(&buffer[..read]).unwrap();
    }
}
