//! The rule of each field of a customer that is one value: the last that is accepted, the first that is not.

use serde_json::{Value, json};

use crate::support::{
    Reply, Server,
    bodies::{customer, customer_with, merged},
};

#[tokio::test]
async fn texts_have_a_greatest_length_in_characters() {
    let server = Server::start().await;
    let limits = [("externalIdentifier", 255), ("salutation", 50), ("firstName", 255), ("lastName", 255)];

    for (field, limit) in limits {
        for character in ["x", "é", "😀"] {
            let longest = character.repeat(limit);
            let reply = store_once(&server, json!({ field: longest })).await;
            assert_eq!(reply.json()["result"][field], longest, "{field}");
            refused(&server, field, json!(character.repeat(limit + 1)), "TOO_LONG").await;
        }
    }
}

#[tokio::test]
async fn no_text_is_blank_or_holds_forbidden_characters_or_is_another_type() {
    let server = Server::start().await;
    let texts =
        ["externalIdentifier", "email", "phoneNumber", "salutation", "firstName", "lastName", "gender"];

    for field in texts.into_iter().chain(["legalType", "status"]) {
        for blank in ["", " ", "   ", "\u{a0}\u{2003}", "\u{200b}", "\u{feff} \u{ad}", "\u{2800}", "\u{3164}"]
        {
            refused(&server, field, json!(blank), "BLANK").await;
        }
        for character in ['\0', '\n', '\t', '\u{7f}', '\u{85}', '\u{fdd0}', '\u{fffe}', '\u{10ffff}'] {
            refused(&server, field, json!(format!("a{character}b")), "INVALID_CHARACTERS").await;
        }
        for other in [json!(42), json!(true), json!([]), json!({})] {
            refused(&server, field, other, "WRONG_TYPE").await;
        }
    }
}

#[tokio::test]
async fn the_external_identifier_is_required_opaque_and_case_sensitive() {
    let server = Server::start().await;

    for absent in [json!({}), json!({ "externalIdentifier": null })] {
        let reply = server
            .acme
            .store(&json!({ "customer": absent, "claimedRegion": customer("")["claimedRegion"] }))
            .await;
        assert_eq!(reply.errors(), [("customer.externalIdentifier".into(), "REQUIRED".into())]);
    }
    for surrounded in [" crm-1", "crm-1 ", "\u{3000}crm-1", "\u{feff}crm-1", "crm-1\u{200b}", "\u{2800}crm-1"]
    {
        refused(&server, "externalIdentifier", json!(surrounded), "SURROUNDING_WHITE_SPACE").await;
    }
    // Six customers: case, composition and inner white space tell them apart.
    for external_id in ["crm-1", "CRM-1", "caf\u{e9}", "cafe\u{301}", "a b", "a  b", "'; --", "../%00?&=#"] {
        let reply = server.acme.store(&customer(external_id)).await;
        assert_eq!(reply.json()["result"]["externalIdentifier"], external_id);
    }
}

#[tokio::test]
async fn an_email_is_echoed_as_sent_but_for_surrounding_spaces() {
    let server = Server::start().await;
    let local = "l".repeat(64);
    let domain = |last: usize| format!("{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(last));
    let longest = format!("{local}@{}", domain(61));
    let accepted = [
        ("jane.doe@example.com", "jane.doe@example.com"),
        ("Jane.Doe+Tag@Example.COM", "Jane.Doe+Tag@Example.COM"),
        ("  jane@example.com ", "jane@example.com"),
        ("info@müller.de", "info@müller.de"),
        ("o'neil_1-x@mail.example.co.uk", "o'neil_1-x@mail.example.co.uk"),
        (&longest, &longest),
    ];
    for (sent, echoed) in accepted {
        let reply = store_once(&server, json!({ "email": sent })).await;
        assert_eq!(reply.json()["result"]["email"], echoed);
    }

    refused(&server, "email", json!(format!("{local}@{}", domain(62))), "TOO_LONG").await;
    let invalid = [
        "jane",
        "jane@",
        "@example.com",
        "jane@doe@example.com",
        "jane@localhost",
        "jane@.example.com",
        "jane@example..com",
        "jane@example.com.",
        "jane@-example.com",
        "jane@example-.com",
        "jane@exa_mple.com",
        "jane@exa mple.com",
        "jane doe@example.com",
        "Jane <jane@example.com>",
    ];
    let long_label = format!("jane@{}.com", "a".repeat(64));
    let long_local = format!("l{local}@example.com");
    for email in invalid.into_iter().chain([long_label.as_str(), long_local.as_str()]) {
        refused(&server, "email", json!(email), "INVALID_EMAIL").await;
    }
}

#[tokio::test]
async fn an_email_shows_every_character_that_it_has() {
    let server = Server::start().await;

    for c in [
        '\u{ad}',
        '\u{34f}',
        '\u{115f}',
        '\u{17b4}',
        '\u{200b}',
        '\u{2800}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{1d173}',
    ] {
        for email in
            [format!("jane{c}@example.com"), format!("jane@example.com{c}"), format!("jane@ex{c}ample.com")]
        {
            refused(&server, "email", json!(email), "INVALID_EMAIL").await;
        }
    }
}

#[tokio::test]
async fn an_email_is_measured_in_octets() {
    let server = Server::start().await;
    let domain = |labels: usize| vec!["é".repeat(20); labels].join(".");

    refused(&server, "email", json!(format!("a@{}.de", domain(7))), "TOO_LONG").await;
    refused(&server, "email", json!(format!("{}@example.com", "é".repeat(33))), "INVALID_EMAIL").await;
    store_once(&server, json!({ "email": format!("{}@example.com", "é".repeat(32)) })).await;
    store_once(&server, json!({ "email": format!("a@{}.de", domain(6)) })).await;
}

/// Unicode's canonical equivalence: the same text, in one code point or in two.
#[tokio::test]
async fn an_email_in_another_normal_form_is_the_same_email() {
    let server = Server::start().await;

    for (n, (one, other)) in [
        ("jos\u{e9}@example.com", "jose\u{301}@example.com"),
        ("\u{1e69}@example.com", "s\u{307}\u{323}@example.com"),
        ("\u{ac00}@example.com", "\u{1100}\u{1161}@example.com"),
        ("anna@caf\u{e9}.example", "anna@cafe\u{301}.example"),
    ]
    .into_iter()
    .enumerate()
    {
        let first = server.acme.store(&customer_with(&format!("a-{n}"), json!({ "email": one }))).await;
        assert_eq!(first.json()["result"]["email"], one);
        let second = server.acme.store(&customer_with(&format!("b-{n}"), json!({ "email": other }))).await;
        assert_eq!(second.outcome(), (409, "USER_WITH_SAME_EMAIL_EXISTS".to_owned()), "{one}");
    }
}

#[tokio::test]
async fn a_phone_number_is_read_in_its_usual_spellings_and_becomes_e164() {
    let server = Server::start().await;
    let accepted = [
        ("+49 170 1234567", "+491701234567"),
        ("+491701234567", "+491701234567"),
        ("+49-170-1234567", "+491701234567"),
        ("+49.170.123.45.67", "+491701234567"),
        ("+49 (170) 123-4567", "+491701234567"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+(370) 26212997", "+37026212997"),
        ("+49\u{a0}170/1234567", "+491701234567"),
        ("+49 170\u{2013}123\u{2011}4567", "+491701234567"),
        ("+48 22 1215162", "+48221215162"),
        ("+48 (0)22 1215162", "+48221215162"),
        ("+48 (022) 1215162", "+48221215162"),
        ("+39 (0)6 1234 5678", "+390612345678"),
        ("+44 (0)20 7946 0958", "+442079460958"),
    ];
    for (sent, e164) in accepted {
        let reply = store_once(&server, json!({ "phoneNumber": sent })).await;
        assert_eq!(reply.json()["result"]["phoneNumber"], e164, "{sent}");
    }

    let invalid = [
        "0170 1234567",
        "0049 170 1234567",
        "491701234567",
        "+",
        "+49",
        "+49 1",
        "+49 170 1234567890123",
        "+49 170 1234567 ext. 5",
        "+49 170 1234567;ext=5",
        "+49 170 1234567x5",
        "+48 (0)00 0000000",
        "+49 170 CALLNOW",
        "++49 170 1234567",
        "tel:+49-170-1234567",
        "+999 170 1234567",
        "+\u{664}\u{669} 170 1234567",
        "\u{ff0b}49 170 1234567",
    ];
    for phone_number in invalid {
        refused(&server, "phoneNumber", json!(phone_number), "INVALID_PHONE_NUMBER").await;
    }
}

#[tokio::test]
async fn gender_and_legal_type_are_read_in_any_case_and_written_in_one() {
    let server = Server::start().await;
    let company = json!({ "corporationInfo": { "companyName": "Acme GmbH" } });
    let words = [
        ("gender", "Female"),
        ("gender", "Male"),
        ("gender", "Other"),
        ("gender", "Unspecified"),
        ("legalType", "Individual"),
        ("legalType", "Corporate"),
    ];

    for (field, word) in words {
        for sent in [word.to_owned(), word.to_lowercase(), word.to_uppercase()] {
            let reply = store_once(&server, merged(company.clone(), json!({ field: sent }))).await;
            assert_eq!(reply.json()["result"][field], word);
        }
    }
    for word in ["F", "Femal", "Divers", " Female", "0"] {
        refused(&server, "gender", json!(word), "NOT_IN_LIST").await;
    }
    for word in ["Company", "Corporate ", "Person", "1"] {
        refused(&server, "legalType", json!(word), "NOT_IN_LIST").await;
    }
}

#[tokio::test]
async fn the_status_is_the_callers_token_but_for_the_reserved_one() {
    let server = Server::start().await;
    let longest = "x".repeat(32);

    for token in ["Active", "ACTIVE", "a", "vip_1-x", "on-hold", &longest] {
        let reply = store_once(&server, json!({ "status": token })).await;
        assert_eq!(reply.json()["result"]["status"], token);
    }
    for token in ["1st", "_a", "-a", "on hold", "über", "a.b", &"x".repeat(33)] {
        refused(&server, "status", json!(token), "INVALID_STATUS").await;
    }
    for token in ["Anonymized", "anonymized", "ANONYMIZED"] {
        refused(&server, "status", json!(token), "RESERVED_STATUS").await;
    }
}

#[tokio::test]
async fn the_region_is_read_in_any_case_and_takes_iso_codes_only() {
    let server = Server::start().await;

    for (old, new) in [("iw", "he"), ("in", "id"), ("JI", "yi")] {
        let region = json!({ "claimedRegion": { "countryCode": "xk", "languageCode": old } });
        let reply = server.acme.store(&merged(customer(old), region)).await;
        assert_eq!(
            reply.json()["result"]["claimedRegion"],
            json!({ "countryCode": "XK", "languageCode": new })
        );
    }

    for (country, language) in [("DE", "de"), ("de", "DE"), ("tR", "Tr")] {
        let region = json!({ "claimedRegion": { "countryCode": country, "languageCode": language } });
        let reply = server.acme.store(&merged(customer(country), region)).await;
        let expected =
            json!({ "countryCode": country.to_uppercase(), "languageCode": language.to_lowercase() });
        assert_eq!(reply.json()["result"]["claimedRegion"], expected);
    }
    let wrong = [
        ("countryCode", &["DEU", "D", "XX", "UK", "276", "ÄÖ"][..], "UNKNOWN_COUNTRY_CODE"),
        (
            "languageCode",
            &["deu", "d", "xx", "sh", "mo", "jw", "bh", "de-AT", "german"],
            "UNKNOWN_LANGUAGE_CODE",
        ),
    ];
    for (part, codes, error) in wrong {
        for code in codes {
            let reply = server
                .acme
                .store(&merged(customer("crm-1"), json!({ "claimedRegion": { part: code } })))
                .await;
            assert_eq!(reply.errors(), [(format!("claimedRegion.{part}"), error.into())], "{code}");
        }
    }
}

/// Stores a customer with these properties and erases it again, so that the next may have the same.
async fn store_once(server: &Server, properties: Value) -> Reply {
    let reply = server.acme.store(&customer_with("crm-1", properties.clone())).await;
    assert_eq!(reply.outcome(), (200, "SUCCESS".to_owned()), "{properties}: {:?}", reply.errors());
    server.acme.delete(&json!({ "customerUuid": reply.urn() })).await;
    reply
}

async fn refused(server: &Server, field: &str, value: Value, code: &str) {
    let reply = server.acme.store(&customer_with("crm-1", json!({ field: value }))).await;
    assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{field} {value}");
    assert_eq!(reply.errors(), [(format!("customer.{field}"), code.to_owned())], "{value}");
}
