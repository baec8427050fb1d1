//! Through the API of a server, with a key.

use serde_json::{Value, json};

use super::csv;
use crate::support::{Folder, KEY, Outcome, Program, Server, TENANT};

struct Remote {
    /// Ends before its folder, which waits for the database to end.
    server: Server,
    _database: Folder,
    folder: Folder,
    program: Program,
}

impl Remote {
    fn new() -> Self {
        let database = Folder::with_database();
        let server = Server::start(&database);
        // Beside no database: a folder that has none, and an environment that says nothing.
        let elsewhere = Folder::create();
        let program = Program::in_folder(&elsewhere).with("AZOTTE_API_KEY", KEY);
        Self { server, _database: database, folder: elsewhere, program }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let url = format!("http://{}/", self.server.address());
        self.program.run(&[arguments, &["--url", &url, "--tenant", TENANT]].concat())
    }
}

#[test]
fn customers_are_imported_and_exported_with_a_key() {
    let remote = Remote::new();
    remote.folder.write("customers.csv", &csv(25));

    let outcome = remote.run(&["import", "customers.csv", "--batch-lines", "10", "--json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["outcomes"], json!({ "created": 25 }));

    let exported = remote.run(&["export", "--format", "csv"]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert_eq!(exported.stdout.lines().count(), 26);
    assert!(exported.stdout.contains(",crm-0024,n24@example.com,"));
    assert!(!remote.folder.path().join(".azotte").exists(), "no database was started");
}

#[test]
fn what_the_server_refuses_is_said_without_the_key() {
    let mut remote = Remote::new();
    remote.folder.write("customers.csv", &csv(1));
    let key = remote.folder.path().join("key");
    std::fs::write(&key, "sk_dev_canary\n").unwrap();
    let refusals = [
        (remote.program.with("AZOTTE_API_KEY", "sk_dev_canary"), "the server refuses the key"),
        (remote.program.with("AZOTTE_API_KEY", ""), "--url asks for a key"),
    ];
    for (program, sentence) in refusals {
        for arguments in [&["import", "customers.csv"][..], &["export"]] {
            remote.program = program.clone();
            let outcome = remote.run(arguments);
            assert_eq!(outcome.code, Some(1), "{outcome:?}");
            assert!(outcome.stderr.contains(sentence), "{outcome:?}");
            assert!(!outcome.text().contains("canary"), "{outcome:?}");
        }
    }
    let named = Remote { ..remote }.program.with("AZOTTE_API_KEY", KEY).run(&[
        "export",
        "--url",
        "http://127.0.0.1:1",
        "--tenant",
        "acme",
    ]);
    assert!(named.stderr.contains("--tenant must be the id of the tenant"), "{named:?}");
    for url in ["ftp://x", "http://user:canary@x", "nonsense", "http://x/?a=b"] {
        let wrong = named_url(url);
        assert_eq!(wrong.code, Some(1), "{wrong:?}");
        assert!(
            wrong.stderr.contains("--url must be a URL such as") && !wrong.stderr.contains("canary"),
            "{wrong:?}"
        );
    }
}

fn named_url(url: &str) -> Outcome {
    let folder = Folder::create();
    Program::in_folder(&folder).with("AZOTTE_API_KEY", KEY).run(&["export", "--tenant", TENANT, "--url", url])
}
