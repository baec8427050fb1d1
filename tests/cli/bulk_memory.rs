//! What bulk requests hold in memory does not grow with what is sent.

use std::{fs, thread};

use crate::support::{Client, Folder, Program, Server};
use serde_json::json;

const AT_ONCE: usize = 8;
/// Of all of them.
const MOST: usize = 64 * 1024 * 1024;
const BODY_BYTES: usize = 8 * 1024 * 1024;

/// As many files as a server takes at a time: by themselves as large as what they may take, and what their lines come to is
/// several times that.
#[test]
fn eight_imports_take_less_than_64_mib() {
    let folder = Folder::with_database();
    let flags = [
        // All of them for one tenant.
        ["--bulk-at-once", "32"],
        ["--db-connections", "20"],
        ["--db-acquire-timeout-ms", "60000"],
        ["--db-lock-timeout-ms", "60000"],
        ["--db-statement-timeout-ms", "60000"],
    ];
    let server = Server::start_with(&Program::in_folder(&folder), flags.as_flattened());
    // A first one, for what is made once.
    import(&server.acme(), "first", 64 * 1024);
    let before = peak(&server);

    thread::scope(|scope| {
        for n in 0..AT_ONCE {
            let acme = server.acme();
            scope.spawn(move || import(&acme, &format!("crm-{n}"), BODY_BYTES));
        }
    });

    let grown = peak(&server) - before;
    println!("{} KiB before, {} KiB more", before / 1024, grown / 1024);
    assert!(grown < MOST, "{} KiB", grown / 1024);
}

fn import(acme: &Client, name: &str, bytes: usize) {
    let line = |n: usize| {
        let line = json!({
            "operation": "store",
            "onConflict": "update",
            "customer": {
                "externalIdentifier": format!("{name}-{n}"),
                "privacy": { "text": "x".repeat(8000) },
                "corporationInfo": { "companyName": "Acme", "further": "x".repeat(8000) },
            },
            "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
        });
        format!("{line}\n")
    };
    let lines = bytes / line(0).len() - 1;
    let reply = acme.post_lines("bulk", &(0..lines).map(line).collect::<String>()).unwrap();
    assert!(reply.body.contains(&format!("\"created\":{lines},")), "{}", &reply.body[..1000]);
}

/// The most memory that the process has had.
fn peak(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
