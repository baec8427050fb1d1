//! Wrong settings stop the program with one line that says what is right, and never repeats what is wrong.

use crate::support::{Folder, Program};

/// Each holds the word the line must not repeat.
const WRONG: [(&str, &str, &str); 24] = [
    ("AZOTTE_LISTEN", "canary", "an address with a port such as 127.0.0.1:8080"),
    ("AZOTTE_LISTEN", "127.0.0.1:canary", "an address with a port such as 127.0.0.1:8080"),
    ("AZOTTE_ENVIRONMENT", "canary", "sandbox or live"),
    ("AZOTTE_CELL", "canary", "two digits such as 00"),
    ("AZOTTE_LOG_FORMAT", "canary", "pretty or json"),
    (
        "DATABASE_URL",
        "mysql://root:canary@localhost/x",
        "a URL such as postgres://user:password@host/database",
    ),
    ("DATABASE_URL", "postgres://root:canary@localhost:99999/x", "a URL such as postgres://"),
    ("AZOTTE_FINGERPRINT_SECRET", "canary", "at least 32 bytes long"),
    ("AZOTTE_PREVIOUS_FINGERPRINT_SECRET", "canary", "at least 32 bytes long"),
    ("AZOTTE_DB_CONNECTIONS", "canary", "a whole number from 1 to 1000"),
    ("AZOTTE_DB_ACQUIRE_TIMEOUT_MS", "-777001", "a whole number from 1 to 60000"),
    ("AZOTTE_DB_LOCK_TIMEOUT_MS", "777001.5", "a whole number from 1 to 60000"),
    ("AZOTTE_DB_STATEMENT_TIMEOUT_MS", "777001777001", "a whole number from 1 to 600000"),
    ("AZOTTE_HEADER_TIMEOUT_S", "777001", "a whole number from 1 to 300"),
    ("AZOTTE_SHUTDOWN_DELAY_S", "777001", "a whole number from 0 to 600"),
    ("AZOTTE_SHUTDOWN_TIMEOUT_S", "777001", "a whole number from 0 to 600"),
    ("AZOTTE_RATE_LIMIT", "777001", "a whole number from 1 to 100000"),
    ("AZOTTE_MAX_IN_FLIGHT", "777001", "a whole number from 1 to 100000"),
    ("AZOTTE_MAX_CONNECTIONS", "canary", "a whole number from 1 to 1000000"),
    ("AZOTTE_NO_MIGRATE", "canary", "true or false"),
    ("AZOTTE_THREADS", "canary", "a whole number from 1 to 1024"),
    ("AZOTTE_CORS_ORIGINS", "https://canary/", "origins such as https://portal.example.com"),
    ("AZOTTE_CORS_ORIGINS", "https://a.example,canary", "origins such as https://portal.example.com"),
    ("AZOTTE_CORS_ORIGINS", "https://a.example,*.canary", "origins such as https://portal.example.com"),
];

#[test]
fn a_wrong_setting_is_named_with_what_it_takes_but_not_its_value() {
    let folder = Folder::create();
    for (setting, value, takes) in WRONG {
        let outcome = Program::in_folder(&folder).with(setting, value).run(&[]);
        assert_eq!(outcome.code, Some(2), "{setting}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{setting}: {outcome:?}");
        assert!(outcome.stderr.contains(setting), "{setting}: {outcome:?}");
        assert!(outcome.stderr.contains(&format!(" must be {takes}")), "{setting}: {outcome:?}");
        for part in ["canary", "777001"] {
            assert!(!outcome.text().contains(part), "{setting}: {outcome:?}");
        }
    }
}

#[test]
fn a_live_server_does_not_start_on_an_embedded_database() {
    let folder = Folder::create();
    let live = Program::in_folder(&folder).with("AZOTTE_ENVIRONMENT", "live");
    for command in ["serve", "migrate"] {
        let outcome = live.run(&[command]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("DATABASE_URL must be set"), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    }
}

#[test]
fn a_live_server_does_not_start_without_the_secret_of_fingerprints() {
    let folder = Folder::create();
    let live = Program::in_folder(&folder)
        .with("AZOTTE_ENVIRONMENT", "live")
        .with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");

    let outcome = live.run(&["serve", "--no-migrate", "--listen", "127.0.0.1:0"]);

    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let expected = "AZOTTE_FINGERPRINT_SECRET must be set where AZOTTE_ENVIRONMENT is live.\n";
    assert!(outcome.stderr.ends_with(expected), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
}

#[test]
fn the_environment_must_be_said_where_real_customers_may_be() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    let dead = "postgres://azotte@127.0.0.1:1/azotte";
    let open = ["serve", "--listen", "0.0.0.0:0"];
    for (program, arguments, names) in [
        (program.with("DATABASE_URL", dead), &["tenant", "list"][..], "DATABASE_URL"),
        (program.with("DATABASE_URL", dead), &[], "DATABASE_URL"),
        (program.clone(), &open, "AZOTTE_LISTEN"),
    ] {
        let outcome = program.run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        let sentence = "AZOTTE_ENVIRONMENT (--environment) must be set where ";
        assert!(outcome.stderr.contains(&format!("{sentence}{names}")), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {outcome:?}");

        let said = program.with("AZOTTE_ENVIRONMENT", "live").run(arguments);
        assert_eq!(said.code, Some(1), "said, another reason follows: {said:?}");
    }
    let doctor = program.with("DATABASE_URL", dead).run(&["doctor"]);
    assert!(doctor.code == Some(1) && doctor.stdout.contains("AZOTTE_ENVIRONMENT"), "{doctor:?}");
    assert_eq!(program.with("AZOTTE_LISTEN", "0.0.0.0:1").run(&["openapi", "c2a"]).code, Some(0));
}

#[test]
fn the_working_folders_env_file_is_read_and_the_environment_beats_it() {
    let folder = Folder::with_database();
    folder.write(".env", "# settings of this machine\nAZOTTE_CELL=42\n");
    let program = Program::in_folder(&folder);
    assert!(program.run(&["doctor"]).stdout.contains("cell 42"));
    assert!(program.with("AZOTTE_CELL", "43").run(&["doctor"]).stdout.contains("cell 43"));
    assert!(program.with("AZOTTE_CELL", "43").run(&["doctor", "--cell", "44"]).stdout.contains("cell 44"));
}

#[test]
fn an_env_file_that_cannot_be_read_is_not_passed_over() {
    let folder = Folder::create();
    folder.write(".env", "AZOTTE_CELL=42\nDATABASE_URL=postgres://user:canary word@host/database\n");
    let outcome = Program::in_folder(&folder).run(&["doctor"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains(".env"), "{outcome:?}");
    assert!(!outcome.text().contains("canary"), "{outcome:?}");
}
