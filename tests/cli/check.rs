//! `check`: a list against the customers that are here, through the API and beside the database.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use crate::support::{Client, Folder, KEY, Program, Server, TENANT};

/// Both ways to ask, in the folder of a server.
fn ways(folder: &Folder, server: &Server) -> [Way; 2] {
    let program = Program::in_folder(folder);
    let url = format!("http://{}", server.address());
    let by_api = ["--url", &url, "--tenant", TENANT].map(str::to_owned).to_vec();
    let by_database = ["--tenant", "acme"].map(str::to_owned).to_vec();
    [
        Way { program: program.with("AZOTTE_API_KEY", KEY), arguments: by_api },
        Way { program, arguments: by_database },
    ]
}

struct Way {
    program: Program,
    arguments: Vec<String>,
}

struct Found {
    code: Option<i32>,
    lines: Vec<String>,
    stderr: String,
}

impl Way {
    /// Without a pause.
    fn check(&self, file: &str, arguments: &[&str]) -> Found {
        let way = self.arguments.iter().map(String::as_str);
        let all: Vec<_> = ["check", file, "--settle", "0"]
            .into_iter()
            .chain(way)
            .chain(arguments.iter().copied())
            .collect();
        let outcome = self.program.run(&all);
        let lines = outcome.stdout.lines().map(str::to_owned).collect();
        Found { code: outcome.code, lines, stderr: outcome.stderr }
    }
}

#[test]
fn a_list_is_compared_through_the_api_and_beside_the_database() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    for id in ["crm-1", "crm-2", "crm-3", "B", "a"] {
        server.acme().store(id).unwrap();
    }
    let update = json!({ "customer": { "externalIdentifier": "crm-2", "lastName": "Roe" } }).to_string();
    server.acme().post("update", &update).unwrap();
    folder.write("same.csv", "version,externalIdentifier\n1,crm-1\n2,crm-2\n1,a\n1,crm-3\n1,B\n");
    folder.write(
        "other.csv",
        "externalIdentifier,version\ncrm-1,1\ncrm-2,1\n\"crm-4\",1\n\"a\nb\",1\nB,1\nB,1\n",
    );

    for way in ways(&folder, &server) {
        let same = way.check("same.csv", &[]);
        assert_eq!((same.code, same.lines.len()), (Some(0), 0), "{}", same.stderr);
        assert!(same.stderr.starts_with("5 equal, 0 different,"), "{}", same.stderr);

        let other = way.check("other.csv", &["--combined", "report.txt"]);
        assert_eq!(other.code, Some(1), "{}", other.stderr);
        assert_eq!(other.lines, ["! B", "- a", "! a\\nb", "* crm-2", "- crm-3", "+ crm-4"]);
        assert!(
            other.stderr.starts_with("1 equal, 1 different, 1 only in the list, 2 only here, 2 not"),
            "{}",
            other.stderr
        );
        let report = std::fs::read_to_string(folder.path().join("report.txt")).unwrap();
        assert_eq!(report, "! B\n- a\n! a\\nb\n= crm-1\n* crm-2\n- crm-3\n+ crm-4\n");

        let json = way.check("other.csv", &["--json"]);
        let lines: Vec<Value> = json.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[3]["listed"], 1);
        assert_eq!(lines[3]["here"], 2);
        assert!(lines[3]["customerUrn"].is_string());
        let summary = json!({ "equal": 1, "different": 1, "onlyListed": 1, "onlyHere": 2, "unusable": 2, "changed": 0 });
        assert_eq!(lines[6]["summary"], summary);
        assert_eq!(way.check("other.csv", &["--by", "externalIdentifier"]).lines.len(), 5, "no *");
    }
}

#[test]
fn an_export_is_a_list_and_says_since_when() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let urn = server.acme().store("crm-1").unwrap().urn();
    server.acme().store("crm-2").unwrap();
    server.acme().store_customer(&json!({ "externalIdentifier": "crm-3" })).unwrap();
    // Without the framing of its transfer.
    let mut export = String::new();
    writeln!(export, "{}", json!({ "cursor": cursor(&server.acme()) })).unwrap();
    for id in ["crm-1", "crm-2", "crm-3"] {
        let info = server.acme().info(&format!("exId={id}")).unwrap();
        writeln!(export, "{}", info.json()["result"]).unwrap();
    }
    export.push_str(r#"{"summary":{"customers":3},"next":null}"#);
    folder.write("export.ndjson", &export);
    folder.write("cut.ndjson", &export[..export.find("crm-3").unwrap()]);
    for way in ways(&folder, &server) {
        assert_eq!(way.check("export.ndjson", &[]).code, Some(0));
        let cut = way.check("cut.ndjson", &[]);
        assert_eq!(cut.code, Some(2), "{}", cut.stderr);
        assert!(cut.stderr.contains("cut.ndjson: line 4:"), "{}", cut.stderr);
    }

    // All of it behind the cursor.
    let renamed = json!({ "customer": { "customerUrn": urn, "externalIdentifier": "crm-9" } }).to_string();
    assert_eq!(server.acme().post("update", &renamed).unwrap().status, 200);
    let change = json!({ "customer": { "externalIdentifier": "crm-2", "lastName": "Roe" } }).to_string();
    assert_eq!(server.acme().post("update", &change).unwrap().status, 200);
    assert_eq!(server.acme().post("delete", r#"{"externalIdentifier":"crm-3"}"#).unwrap().status, 200);
    server.acme().store("crm-4").unwrap();

    for way in ways(&folder, &server) {
        let found = way.check("export.ndjson", &[]);
        assert_eq!((found.code, found.lines.len()), (Some(0), 0), "{:?} {}", found.lines, found.stderr);
        assert!(found.stderr.contains("5 changed meanwhile"), "{}", found.stderr);
        // From now on: all of it is drift.
        let now = cursor(&server.acme());
        let found = way.check("export.ndjson", &["--since", &now]);
        assert_eq!(found.lines, ["+ crm-1", "* crm-2", "+ crm-3", "- crm-4", "- crm-9"]);
    }
}

/// Customers that are changed, erased and stored again all the time, beside faults that stay.
#[test]
fn what_is_planted_is_found_and_nothing_else_while_writers_write() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let mut list = "externalIdentifier,version\n".to_owned();
    let mut expected = Vec::new();
    for n in 0..300 {
        let id = format!("crm-{n:03}");
        match n % 60 {
            7 => expected.push(format!("+ {id}")),
            _ => assert_eq!(server.acme().store(&id).unwrap().status, 200),
        }
        match n % 60 {
            17 => expected.push(format!("- {id}")),
            27 => {
                expected.push(format!("* {id}"));
                writeln!(list, "{id},9").unwrap();
            }
            _ => writeln!(list, "{id},1").unwrap(),
        }
    }
    folder.write("list.csv", &list);
    let ways = ways(&folder, &server);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4).map(|writer| write(&server, writer, &stop)).collect();

    for _ in 0..3 {
        for way in &ways {
            // Of what changed before, its list would know.
            let since = cursor_of_list(&server.acme());
            let found = way.check("list.csv", &["--since", &since]);
            assert_eq!(found.lines, expected, "{}", found.stderr);
            assert_eq!(found.code, Some(1));
        }
    }
    stop.store(true, Ordering::Relaxed);
    let writes: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert!(writes > 20, "only {writes}");
    // The control: the same without what the feed says.
    let found = ways[1].check("list.csv", &["--since", &cursor(&server.acme())]);
    assert!(found.lines.len() > expected.len(), "{:?}", found.lines);
}

/// Changes those that end in 1, one after the other. Returns how many.
fn write(server: &Server, writer: usize, stop: &Arc<AtomicBool>) -> thread::JoinHandle<usize> {
    let (acme, stop) = (server.acme(), stop.clone());
    thread::spawn(move || {
        let mut writes = 0;
        while !stop.load(Ordering::Relaxed) {
            let id = format!("crm-{:03}", (writer * 10 + writes * 40 + 1) % 300);
            let change = json!({ "customer": { "externalIdentifier": id, "lastName": writes.to_string() } });
            assert_eq!(acme.post("update", &change.to_string()).unwrap().status, 200);
            writes += 1;
        }
        writes
    })
}

#[test]
fn what_cannot_be_compared_is_said_in_one_line_with_a_code_of_its_own() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    server.acme().store("crm-1").unwrap();
    folder.write("good.csv", "externalIdentifier,version\ncrm-1,1\n");
    folder.write("empty.csv", "");
    folder.write("columns.csv", "id,version\ncrm-1,1\n");
    folder.write("number.csv", "externalIdentifier,version\ncanary,canary\n");
    folder.write("short.csv", "externalIdentifier,version\ncanary\n");
    std::fs::write(folder.path().join("latin.csv"), b"externalIdentifier,version\ncanary\xe9,1\n").unwrap();
    folder.write("null.ndjson", "{\"externalIdentifier\":\"canary\",\"version\":null}\n");
    folder.write("urn.csv", "externalIdentifier,version,customerUrn\ncrm-1,1,canary\n");
    folder.write("none.ndjson", "{\"id\":\"canary\"}\n");
    for way in ways(&folder, &server) {
        for (file, says) in [
            ("missing.csv", "missing.csv: "),
            ("empty.csv", "has no column externalIdentifier"),
            ("columns.csv", "has no column externalIdentifier"),
            ("number.csv", "number.csv: line 2: version must be a whole number"),
            ("short.csv", "short.csv: line 2: has another number of fields than the header"),
            ("latin.csv", "latin.csv: line 2: is not UTF-8"),
            ("null.ndjson", "line 1: has no version"),
            ("urn.csv", "line 2: customerUrn must be"),
            ("none.ndjson", "line 1: has no externalIdentifier"),
        ] {
            let found = way.check(file, &[]);
            assert_eq!((found.code, found.lines.len()), (Some(2), 0), "{file}");
            assert!(found.stderr.contains(says), "{file}: {}", found.stderr);
            assert!(!found.stderr.contains("canary"), "{file}: {}", found.stderr);
            assert_eq!(found.stderr.lines().count(), 1, "{file}: {}", found.stderr);
        }
        let good = way.check("good.csv", &["--since", "f1-00000000-0"]);
        assert_eq!(good.code, Some(0), "nothing to look up: {}", good.stderr);
        folder.write("off.csv", "externalIdentifier,version\ncrm-1,2\n");
        assert_eq!(way.check("off.csv", &["--since", "f1-00000000-0"]).code, Some(2), "of another feed");
    }
}

#[test]
fn the_key_is_in_the_environment_or_in_a_file_and_never_shown() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    folder.write("list.csv", "externalIdentifier,version\n");
    folder.write("key", &format!("{KEY}\n"));
    folder.write("other-key", "sk_dev_canary_00000000000000000000\n");
    let url = format!("http://{}", server.address());
    let program = Program::in_folder(&folder);
    let check = |program: &Program, arguments: &[&str]| {
        program.run(&[&["check", "list.csv", "--url", &url, "--tenant", TENANT], arguments].concat())
    };

    assert_eq!(check(&program, &["--api-key-file", "key"]).code, Some(0));
    for (program, arguments, says) in [
        (program.clone(), &[][..], "AZOTTE_API_KEY"),
        (program.clone(), &["--api-key-file", "other-key"], "answers 401"),
        (program.with("AZOTTE_API_KEY", "sk_dev_canary\u{1}"), &[], "characters"),
    ] {
        let outcome = check(&program, arguments);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(says) && !outcome.stderr.contains("canary"), "{outcome:?}");
    }
    let no_id = ["check", "list.csv", "--url", &url, "--tenant", "acme"];
    assert!(program.with("AZOTTE_API_KEY", KEY).run(&no_id).stderr.contains("--tenant must be the id"));
    let nobody = ["check", "list.csv", "--url", "http://127.0.0.1:1", "--tenant", TENANT];
    assert_eq!(program.with("AZOTTE_API_KEY", KEY).run(&nobody).code, Some(2));
}

fn cursor(acme: &Client) -> String {
    let answer = acme.get("/api/c2a/customer/events?after=latest&limit=0").unwrap();
    answer.json()["result"]["cursor"].as_str().unwrap().to_owned()
}

/// Before the first change of a writer: all customers are at version 1 there.
fn cursor_of_list(acme: &Client) -> String {
    let now = cursor(acme);
    let (feed, _) = now.rsplit_once('-').unwrap();
    format!("{feed}-295")
}
