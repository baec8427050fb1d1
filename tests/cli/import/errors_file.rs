//! Lines that failed are in a file that can be mended and imported again.

use serde_json::{Value, json};

use super::Place;

const CUSTOMERS: &str = "id;mail;land;sprache\r\ncrm-1;a@example.com;DE;de\r\n\"crm;2\";nonsense;XX;de\r\ncrm-3;c@example.com;DE;de\r\ncrm-4;a@example.com;DE;de\r\n";

#[test]
fn failing_lines_are_kept_with_what_is_wrong_and_imported_once_they_are_mended() {
    let place = Place::new();
    place.write("customers.csv", CUSTOMERS);

    let outcome = place.import("customers.csv", &["--batch-lines", "1"]);

    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let said: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(said[0], "created 2 · updated 0 · unchanged 0 · failed 2 → customers.errors.csv");
    for kind in [
        "1 × email INVALID_EMAIL",
        "1 × claimedRegion.countryCode UNKNOWN_COUNTRY_CODE",
        "1 × email USER_WITH_SAME_EMAIL_EXISTS",
    ] {
        assert!(said[1].contains(kind), "{said:?}");
    }
    let errors = place.read("customers.errors.csv");
    let rows: Vec<&str> = errors.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows[0], "id;mail;land;sprache;line;code;field;message;holder");
    assert!(
        rows[1].starts_with("\"crm;2\";nonsense;XX;de;3;\"UNKNOWN_COUNTRY_CODE; INVALID_EMAIL\";"),
        "{rows:?}"
    );
    assert!(
        rows[2].starts_with("crm-4;a@example.com;DE;de;5;USER_WITH_SAME_EMAIL_EXISTS;customer.email;"),
        "{rows:?}"
    );
    assert!(rows[2].contains(";cu.00."), "{rows:?}");

    // Half of it is mended: what still fails is in a file of its own, as it was.
    place.write("customers.errors.csv", errors.replace("nonsense;XX", "b@example.com;DE"));
    let report = place.report("customers.errors.csv", &[]);
    assert_eq!((&report["outcomes"], &report["failed"]), (&json!({ "created": 1 }), &json!(1)));
    let rest = place.read("customers.errors.errors.csv");
    assert!(rest.contains("crm-4;a@example.com;DE;de;3;USER_WITH_SAME_EMAIL_EXISTS;"), "{rest}");
    assert_eq!(rest.lines().next(), errors.lines().next());
    place.write("rest.csv", rest.replace("crm-4;a@", "crm-4;d@"));
    place.report("rest.csv", &[]);
    assert_eq!(place.ids("globex"), ["crm-1", "crm-3", "crm-4", "crm;2"]);
}

#[test]
fn an_import_without_a_failure_leaves_no_file() {
    let place = Place::new();
    place.write("customers.csv", super::csv(3));
    place.write("customers.errors.csv", "of an earlier import");

    place.report("customers.csv", &[]);

    assert!(!place.has("customers.errors.csv") && !place.has("customers.csv.progress"));
}

#[test]
fn lines_of_json_are_kept_as_lines_of_json() {
    let place = Place::new();
    let region = json!({ "countryCode": "DE", "languageCode": "de" });
    let wrong = json!({ "externalIdentifier": "crm-1", "email": "nonsense", "claimedRegion": region });
    place.write("customers.ndjson", format!("{wrong}\nno json\n"));

    let report = place.report("customers.ndjson", &[]);

    assert_eq!(report["faults"], json!({ "email INVALID_EMAIL": 1, "INVALID_JSON": 1 }));
    let errors = place.read("customers.errors.ndjson");
    let lines: Vec<Value> = errors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["importError"]["errors"][0]["code"], "INVALID_EMAIL");
    assert_eq!(
        (&lines[1]["importError"]["line"], &lines[1]["importError"]["text"]),
        (&json!(2), &json!("no json"))
    );
    place.write("mended.ndjson", errors.lines().next().unwrap().replace("nonsense", "a@example.com"));
    assert_eq!(place.report("mended.ndjson", &[])["outcomes"], json!({ "created": 1 }));
}

#[test]
fn a_dry_run_tells_the_same_and_writes_no_customer() {
    let place = Place::new();
    place.write("customers.csv", CUSTOMERS);

    // In batches of one line, the last two of which collide with each other alone.
    let dry = place.report("customers.csv", &["--dry-run", "--batch-lines", "1"]);
    assert_eq!(place.customers("globex").len(), 0);
    let told = place.read("customers.errors.csv");
    let done = place.report("customers.csv", &["--batch-lines", "1"]);

    assert_eq!(
        (&dry["outcomes"], &dry["failed"], &dry["faults"]),
        (&done["outcomes"], &done["failed"], &done["faults"])
    );
    assert_eq!(told.lines().count(), place.read("customers.errors.csv").lines().count());
    let said = place.import("customers.csv", &["--dry-run", "--on-conflict", "update"]).stdout;
    assert!(
        said.starts_with(
            "would create 0 · update 0 · unchanged 2 · fail 2 → customers.errors.csv (as of now)\n"
        ),
        "{said}"
    );
}
