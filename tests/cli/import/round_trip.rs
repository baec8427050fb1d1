//! What is exported and imported into another tenant is the same there.

use serde_json::{Value, json};

use super::Place;

/// A customer with everything, one with nothing, and values that quoting is for.
fn lines() -> String {
    let full = json!({
        "externalIdentifier": "crm-1, \"first\"",
        "email": "Jane@münchen.example",
        "phoneNumber": "+49 170 1234567",
        "salutation": "Ms.; Dr.",
        "firstName": "Jane\u{301}",
        "lastName": "=HYPERLINK(\"http://x\")",
        "gender": "Female",
        "legalType": "Corporate",
        "primaryBillingAddress": {
            "street": "Hauptstr. 1\nHinterhaus", "street2": "x|y;z", "city": "Köln", "state": "NRW",
            "postalCode": "05067", "countryCode": "DE", "floor": 3, "buzzer": { "name": "J" }
        },
        "corporationInfo": {
            "companyName": "Acme; GmbH", "taxNumber": "1", "taxOffice": "Köln", "vatNumber": "DE1",
            "registrationNumber": "HRB 1", "lei": "5299"
        },
        "privacy": { "newsletter": true, "rate": 1.5, "text": "a\nb" },
        "status": "on-hold",
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    });
    let least = json!({
        "externalIdentifier": "+crm-2", "claimedRegion": { "countryCode": "PT", "languageCode": "pt" }
    });
    let only_country = json!({
        "externalIdentifier": "crm-3", "primaryBillingAddress": { "countryCode": "AT" },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    });
    [full, least, only_country].map(|customer| format!("{customer}\n")).concat()
}

#[test]
fn customers_are_the_same_in_another_tenant_by_either_format() {
    let place = Place::new();
    place.write("first.ndjson", lines());
    assert_eq!(place.report("first.ndjson", &[])["outcomes"], json!({ "created": 3 }));

    for (format, file, tenant) in [("ndjson", "all.ndjson", "initech"), ("csv", "all.csv", "umbrella")] {
        if tenant == "umbrella" {
            place.program.json(&["tenant", "create", "--name", tenant, "--domain", "umbrella.example.com"]);
        }
        let exported = place.program.run(&["export", "--tenant", "globex", "--format", format]);
        assert_eq!(exported.code, Some(0), "{exported:?}");
        place.write(file, &exported.stdout);
        let imported = place.program.run(&["import", file, "--tenant", tenant]);
        assert_eq!(imported.code, Some(0), "{format}: {imported:?}");
        assert_eq!(place.customers(tenant), place.customers("globex"), "{format}");
    }
    // Into the tenant it came from, it changes nothing.
    for file in ["all.ndjson", "all.csv"] {
        let again = place.report(file, &["--on-conflict", "replace"]);
        assert_eq!(again["outcomes"], json!({ "unchanged": 3 }), "{file}");
    }
}

#[test]
fn an_export_is_the_apis_behind_its_cursor_and_before_its_receipt() {
    let place = Place::new();
    place.write("first.ndjson", lines());
    place.import("first.ndjson", &[]);

    let exported = place.program.run(&["export", "--tenant", "globex"]).stdout;

    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0]["cursor"].as_str().is_some_and(|cursor| cursor.starts_with("f1-")), "{exported}");
    assert_eq!(lines[4]["summary"], json!({ "customers": 3 }));
    assert_eq!(lines[4]["next"], Value::Null);
}

#[test]
fn lines_of_a_bulk_request_are_carried_out_as_they_are() {
    let place = Place::new();
    place.write("first.ndjson", lines());
    place.import("first.ndjson", &[]);
    let changes = [
        json!({ "operation": "update", "customer": { "externalIdentifier": "crm-3", "status": "gone" } }),
        json!({ "operation": "delete", "externalIdentifier": "+crm-2" }),
    ];
    place.write("changes.ndjson", changes.map(|line| format!("{line}\n")).concat());

    let report = place.report("changes.ndjson", &[]);

    assert_eq!(report["outcomes"], json!({ "deleted": 1, "updated": 1 }));
    assert_eq!(place.ids("globex"), ["crm-1, \"first\"", "crm-3"]);
}

#[test]
fn the_audit_trail_names_the_operator_and_one_correlation_id() {
    let place = Place::new();
    place.write("customers.csv", super::csv(3));
    place.import("customers.csv", &[]);

    let trail = place.program.json(&["audit", "list", "--tenant", "globex"]);

    let stored: Vec<&Value> =
        trail.as_array().unwrap().iter().filter(|event| event["kind"] == "customer.stored").collect();
    assert_eq!(stored.len(), 3, "{trail}");
    assert!(stored.iter().all(|event| event["actor"] == "operator"), "{trail}");
    assert!(stored.iter().all(|event| event["correlationId"] == stored[0]["correlationId"]), "{trail}");
}
