//! Files that are broken: named with their lines, and never a panic.

use super::Place;

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_refused_before_anything_is_imported() {
    let place = Place::new();
    let cells = "x,".repeat(20_000);
    let huge = "x".repeat(5 << 20);
    for (name, text, sentence) in [
        (
            "open_quote.csv",
            "id,mail,land,sprache\ncrm-1,a@example.com,DE,de\ncrm-2,\"b@example.com,DE,de\ncrm-3,c,DE,de\n"
                .to_owned(),
            "line 3: a quote is opened here or below and never closed",
        ),
        (
            "no_header.csv",
            "crm-1,a@example.com,DE,de\n".to_owned(),
            "line 1: no column of the first line is known (crm-1, a@example.com, DE, de): is it a header?",
        ),
        (
            "twice.csv",
            "id,mail,mail\ncrm-1,a,b\n".to_owned(),
            "line 1: the header has the column \"mail\" twice",
        ),
        ("both.csv", "id,mail,E-Mail\ncrm-1,a,b\n".to_owned(), "both mean email"),
        ("empty.csv", String::new(), "empty.csv is empty"),
        ("blank.csv", "\n\n".to_owned(), "there is no header"),
        ("columns.csv", format!("id,{cells}\n"), "line 1: there are more than 10000 columns"),
        (
            "huge.csv",
            format!("id,mail\ncrm-1,a\n\"{huge}\",b\n"),
            "line 3: what begins here is longer than 4 MiB",
        ),
        ("huge.ndjson", format!("{{}}\n\"{huge}\"\n"), "line 2: what begins here is longer than 4 MiB"),
        ("nothing.dat", "id\n".to_owned(), "--format says which it is"),
    ] {
        place.write(name, text);
        let outcome = place.import(name, &[]);
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
        assert!(outcome.stderr.contains(sentence), "{name}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{name}: {outcome:?}");
    }
    assert!(place.import("missing.csv", &[]).stderr.contains("missing.csv"));
    assert_eq!(place.customers("globex").len(), 0);
}

#[test]
fn a_line_that_is_wrong_fails_alone() {
    let place = Place::new();
    let long = "x".repeat(1 << 20);
    let rows = [
        "crm-1,a@example.com,DE,de".to_owned(),
        "crm-2,b@example.com,DE".to_owned(),
        "crm-3,c@example.com,DE,de,more".to_owned(),
        "crm\0-4,d@example.com,DE,de".to_owned(),
        format!("crm-5,\"{long}\",DE,de"),
        "\"crm\n6\",f@example.com,DE,de".to_owned(),
        "crm\"7,g@example.com,DE,de".to_owned(),
        ",h@example.com,DE,de".to_owned(),
        "crm-9,i@example.com,DE,de".to_owned(),
    ];
    place.write("customers.csv", format!("id,mail,land,sprache\n{}\n", rows.join("\n")));

    let report = place.report("customers.csv", &[]);

    assert_eq!(place.ids("globex"), ["crm\"7", "crm-1", "crm-9"]);
    let errors = place.read("customers.errors.csv");
    for expected in [
        ",3,COLUMN_COUNT,,Has 3 columns; the header has 4.,",
        ",4,COLUMN_COUNT,,Has 5 columns; the header has 4.,",
        ",5,INVALID_CHARACTERS,customer.externalIdentifier,",
        ",6,PAYLOAD_TOO_LARGE,,Is longer than 64 KiB.,",
        ",7,INVALID_CHARACTERS,customer.externalIdentifier,",
        ",10,REQUIRED,customer.externalIdentifier,",
    ] {
        assert!(errors.contains(expected), "{expected}");
    }
    assert_eq!(report["failed"], 6, "{report}");
    assert!(errors.contains(&long), "the line is there as it was");
}

#[test]
fn bytes_of_any_kind_are_no_panic() {
    let place = Place::new();
    let mut state = 0x9e37_79b9_u32;
    for round in 0..5 {
        let bytes: Vec<u8> = (0..2000)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                b"id,\"\n\r;\t|a\0\xff\xc3{}:[]=+@"[state as usize % 21]
            })
            .collect();
        for name in ["any.csv", "any.ndjson"] {
            place.write(name, [&b"id,mail\n"[..], &bytes].concat());
            for encoding in ["utf-8", "windows-1252"] {
                let outcome = place.import(name, &["--encoding", encoding, "--dry-run"]);
                assert!(matches!(outcome.code, Some(0 | 1)), "{round} {name}: {outcome:?}");
                assert!(!outcome.stderr.contains("panicked"), "{round} {name}: {outcome:?}");
            }
        }
    }
}
