//! `doctor` and `migrate`: exit codes for scripts, sentences for people.

use crate::support::{Folder, Program};

const DEAD: &str = "postgres://azotte:canary@127.0.0.1:1/azotte";

#[test]
fn doctor_tells_what_is_missing_and_is_content_once_it_is_there() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder).with("AZOTTE_LISTEN", "127.0.0.1:0");

    let before = program.run(&["doctor", "--json"]);
    assert_eq!(before.code, Some(1), "{before:?}");
    assert!(before.stdout.contains("azotte-customers migrate"), "{before:?}");

    let migrated = program.json(&["migrate"]);
    assert_eq!(migrated["migrated"], true);
    assert!(migrated["applied"].as_u64() > Some(0), "{migrated}");
    let again = program.json(&["migrate"]);
    assert_eq!((&again["applied"], &again["version"]), (&0.into(), &migrated["version"]));

    let findings = program.json(&["doctor"]);
    let checks: Vec<_> = findings.as_array().unwrap().iter().map(|finding| &finding["check"]).collect();
    assert_eq!(
        checks,
        [
            "configuration",
            "tokens",
            "fingerprints",
            "listen",
            "ops_listen",
            "database",
            "durability",
            "log",
            "migrations",
            "distribution",
            "privileges",
            "clock"
        ]
    );
    assert!(findings.as_array().unwrap().iter().all(|finding| finding["status"] == "ok"), "{findings}");

    let table = program.run(&["doctor"]);
    assert_eq!(table.code, Some(0));
    assert!(table.stdout.contains("acknowledged writes survive a crash"), "{table:?}");
}

#[test]
fn a_dead_database_is_a_finding_and_its_password_stays_secret() {
    let folder = Folder::create();
    let program =
        Program::in_folder(&folder).with("DATABASE_URL", DEAD).with("AZOTTE_ENVIRONMENT", "sandbox");

    let table = program.run(&["doctor"]);
    assert_eq!(table.code, Some(1), "{table:?}");
    assert!(table.stdout.contains("check DATABASE_URL"), "{table:?}");

    let json = program.run(&["doctor", "--json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    assert!(json.stdout.contains("\"wrong\""), "{json:?}");

    for command in [&["migrate"][..], &["tenant", "list"], &["serve", "--listen", "127.0.0.1:0"], &["--help"]]
    {
        let outcome = program.run(command);
        assert_eq!(outcome.code, Some(i32::from(command != ["--help"])), "{outcome:?}");
        assert!(!outcome.text().contains("canary"), "{outcome:?}");
    }
    let migrate = program.run(&["migrate"]);
    assert!(migrate.stderr.contains("check DATABASE_URL"), "{migrate:?}");
    assert_eq!(migrate.stderr.lines().count(), 1, "{migrate:?}");
    assert!(!table.text().contains("canary") && !json.text().contains("canary"));
}
