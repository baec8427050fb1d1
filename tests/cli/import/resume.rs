//! An import that was interrupted goes on, and comes to what one that was not comes to.

use std::{fs, io::Write, process::Stdio};

use serde_json::{Value, json};

use super::{Place, csv};
use crate::support::eventually;

const CUSTOMERS: usize = 60;

/// Every tenth line fails.
fn customers() -> String {
    csv(CUSTOMERS).lines().enumerate().fold(String::new(), |text, (line, row)| {
        let row = if line % 10 == 5 { row.replace("@example.com", "") } else { row.to_owned() };
        text + &row + "\n"
    })
}

fn progress(place: &Place) -> Option<Value> {
    let text = fs::read_to_string(place.folder.path().join("customers.csv.progress")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Starts an import line by line, and kills it when so many lines are done with.
fn killed_after(place: &Place, lines: u64) {
    let mut command = place.program.command();
    command.args(["import", "customers.csv", "--tenant", "globex", "--batch-lines", "1"]);
    let mut import = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the import has begun", || {
        assert!(import.try_wait().unwrap().is_none(), "the import has ended");
        progress(place).filter(|progress| progress["line"].as_u64() > Some(lines))
    });
    import.kill().unwrap();
    import.wait().unwrap();
}

#[test]
fn killed_again_and_again_it_comes_to_the_same() {
    let place = Place::new();
    place.write("customers.csv", customers());

    for lines in [3, 20, 40] {
        killed_after(&place, lines);
        left_over(&place);
    }
    let resumed = place.import("customers.csv", &["--json"]);

    assert!(resumed.stderr.contains("goes on after line "), "{resumed:?}");
    let resumed: Value = serde_json::from_str(&resumed.stdout).unwrap();
    let errors = place.read("customers.errors.csv");
    assert!(!place.has("customers.csv.progress"));
    // The same at once, into another tenant.
    let whole = place.program.run(&["import", "customers.csv", "--tenant", "initech", "--json"]);
    let whole: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(resumed, whole);
    assert_eq!(place.customers("globex"), place.customers("initech"));
    assert_eq!(errors, place.read("customers.errors.csv"));
}

/// As if it had been killed between a line of the errors file and the note about it.
fn left_over(place: &Place) {
    let path = place.folder.path().join("customers.errors.csv");
    if let Ok(mut errors) = fs::OpenOptions::new().append(true).open(path) {
        errors.write_all(b"crm-left-over,,,,1,LEFT_OVER,,,\n").unwrap();
    }
}

#[test]
fn lines_that_were_carried_out_and_not_noted_are_no_failures() {
    let place = Place::new();
    place.write("customers.csv", customers());
    killed_after(&place, 3);
    // As if the answer to the next ones had not come: they are there, and the notes do not say so.
    let noted = progress(&place).unwrap();
    let line = noted["line"].as_u64().unwrap() as usize;
    let rows: Vec<String> = customers().lines().map(str::to_owned).collect();
    place.write("next.csv", format!("{}\n{}\n", rows[0], rows[line..line + 8].join("\n")));
    place.import("next.csv", &["--on-conflict", "return"]);
    let mut sent = noted.clone();
    sent["sentToLine"] = json!(line + 8);
    place.write("customers.csv.progress", sent.to_string());

    let report = place.report("customers.csv", &[]);

    assert_eq!(report["outcomes"], json!({ "created": CUSTOMERS - 6 }));
    assert_eq!(report["failed"], 6, "{report}");
    assert!(report["faults"]["externalIdentifier CUSTOMER_ALREADY_STORED"].is_null(), "{report}");
}

#[test]
fn a_customer_that_was_there_before_stays_a_failure() {
    let place = Place::new();
    place.write("customers.csv", customers());
    place.write("before.csv", csv(1).replace("n0@", "other@"));
    place.report("before.csv", &[]);
    place.write("one.csv", csv(1));

    // Even for lines that may have been sent.
    let outcome = place.import("one.csv", &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("CUSTOMER_ALREADY_STORED"), "{outcome:?}");
}

#[test]
fn a_changed_file_and_other_options_are_not_gone_on_with() {
    let place = Place::new();
    place.write("customers.csv", customers());
    killed_after(&place, 3);

    let other = place.import("customers.csv", &["--empty", "clear"]);
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("with other options; --restart begins anew"), "{other:?}");

    place.write("customers.csv", customers().replace("n0@", "nobody@"));
    let changed = place.import("customers.csv", &[]);
    assert_eq!(changed.code, Some(1));
    assert!(changed.stderr.contains("the file has changed before line "), "{changed:?}");

    // A line beyond is no change before: it is what mending is.
    place.write("customers.csv", customers().replace("crm-0059,", "crm-mended,"));
    assert!(
        place.report("customers.csv", &["--restart", "--on-conflict", "return"])["outcomes"]["existing"]
            .as_u64()
            > Some(2)
    );
    assert!(place.ids("globex").contains(&"crm-mended".to_owned()));
}
