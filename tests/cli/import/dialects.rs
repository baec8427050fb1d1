//! Files as spreadsheets and other systems write them.

use serde_json::json;

use super::Place;

#[test]
fn each_dialect_is_read_as_the_same_customers() {
    let rows =
        [["kundennr", "mail", "Ort", "land", "sprache"], ["crm-1", "a@example.com", "Köln", "DE", "de"]];
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let joined = |delimiter: &str, end: &str, quote: bool| {
        let row = |cells: &[&str; 5]| {
            let cells = cells.iter().map(|cell| if quote { quoted(cell) } else { (*cell).to_owned() });
            cells.collect::<Vec<_>>().join(delimiter) + end
        };
        rows.iter().map(row).collect::<String>()
    };
    let place = Place::new();
    for (name, text) in [
        ("comma.csv", joined(",", "\n", false)),
        ("semicolon.csv", joined(";", "\n", false)),
        ("tab.tsv", joined("\t", "\n", false)),
        ("pipe.csv", joined("|", "\n", false)),
        ("quotes.csv", joined(",", "\r\n", true)),
        ("crlf.csv", joined(";", "\r\n", false)),
        ("bom.csv", format!("\u{feff}{}", joined(";", "\r\n", true))),
        ("open_end.csv", joined(",", "\n", false).trim_end().to_owned()),
        ("blank_lines.csv", format!("\n\r\n{}\n\n", joined(",", "\n\n", false))),
    ] {
        place.write(name, text);
        let report = place.report(name, &["--on-conflict", "replace"]);
        let outcome = if name == "comma.csv" { "created" } else { "unchanged" };
        assert_eq!(report["outcomes"], json!({ outcome: 1 }), "{name}");
    }
    let customer = &place.customers("globex")[0];
    assert_eq!(customer["primaryBillingAddress"], json!({ "city": "Köln", "countryCode": "DE" }));
}

#[test]
fn the_first_line_says_what_was_understood() {
    let place = Place::new();
    place.write("customers.csv", "Kd-Nr;mail;notiz\ncrm-1;a@example.com;x\n");

    let outcome = place.import(
        "customers.csv",
        &[
            "--map",
            "Kd-Nr=externalIdentifier",
            "--default",
            "claimedRegion.countryCode=DE",
            "--default",
            "claimedRegion.languageCode=de",
        ],
    );

    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stderr.starts_with("customers.csv: UTF-8, ';', 1 lines · columns: Kd-Nr → externalIdentifier, mail → email, unused: notiz\n"),
        "{outcome:?}"
    );
    assert_eq!(outcome.stdout, "created 1 · updated 0 · unchanged 0 · failed 0\n");
}

#[test]
fn another_encoding_is_named_and_read_only_where_it_is_said() {
    let place = Place::new();
    let text = b"id;nachname;land;sprache\ncrm-1;M\xfcller \x80;DE;de\n";
    place.write("customers.csv", text);

    let refused = place.import("customers.csv", &[]);
    assert_eq!(refused.code, Some(1));
    assert_eq!(
        refused.stderr,
        "azotte-customers: customers.csv: line 2, byte 8: not UTF-8; this looks like Windows-1252, see --encoding\n"
    );
    assert_eq!(place.customers("globex").len(), 0);

    place.report("customers.csv", &["--encoding", "windows-1252"]);
    assert_eq!(place.customers("globex")[0]["lastName"], "Müller €");

    place.write("utf16.csv", b"\xff\xfei\0d\0");
    assert!(place.import("utf16.csv", &[]).stderr.contains("this is UTF-16: save it as UTF-8"));
}

#[test]
fn local_phone_numbers_are_read_only_with_their_region() {
    let place = Place::new();
    place.write("customers.csv", "id,tel,land,sprache\ncrm-1,0170 1234567,DE,de\ncrm-2,4.917E+11,DE,de\n");

    let report = place.report("customers.csv", &[]);
    assert_eq!(
        report["faults"],
        json!({ "phoneNumber INVALID_PHONE_NUMBER": 1, "phoneNumber LOOKS_LIKE_SPREADSHEET_NUMBER": 1 })
    );

    let report = place.report("customers.csv", &["--phone-region", "DE"]);
    assert_eq!(report["outcomes"], json!({ "created": 1 }));
    assert_eq!(place.customers("globex")[0]["phoneNumber"], "+491701234567");
}

#[test]
fn an_empty_cell_keeps_or_clears() {
    let place = Place::new();
    place.write("full.csv", "id,mail,ort,land,sprache\ncrm-1,a@example.com,Köln,DE,de\n");
    place.write("empty.csv", "id,mail,ort,land,sprache\ncrm-1,,,DE,de\n");
    place.report("full.csv", &[]);

    let kept = place.report("empty.csv", &["--on-conflict", "update"]);
    assert_eq!(kept["outcomes"], json!({ "unchanged": 1 }));
    let cleared = place.report("empty.csv", &["--on-conflict", "update", "--empty", "clear"]);
    assert_eq!(cleared["outcomes"], json!({ "updated": 1 }));
    let customer = &place.customers("globex")[0];
    assert!(customer["email"].is_null() && customer["primaryBillingAddress"].is_null(), "{customer}");
}

#[test]
fn what_happens_where_a_customer_is_there_is_as_said() {
    let place = Place::new();
    place.write("customers.csv", super::csv(1));
    place.write("changed.csv", super::csv(1).replace("n0@", "other@"));
    place.report("customers.csv", &[]);

    let stopped = place.report("changed.csv", &[]);
    assert_eq!(stopped["faults"], json!({ "externalIdentifier CUSTOMER_ALREADY_STORED": 1 }));
    for (word, outcome) in [("return", "existing"), ("update", "updated"), ("replace", "unchanged")] {
        let report = place.report("changed.csv", &["--on-conflict", word]);
        assert_eq!(report["outcomes"], json!({ outcome: 1 }), "{word}");
    }
}
