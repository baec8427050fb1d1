//! Input as an attacker or a broken client would send it, with enough right in it to get somewhere.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

/// Spellings of one letter, letters whose case is disputed, invisible, forbidden and quoting characters.
const PIECES: &str = "crm CRM 1 é e\u{301} ß İ i\u{307} Σ ς \u{212a} ﬁ \u{200b} \u{feff} \0 \u{7f} \u{fdd0} \u{ffff} \u{10ffff} \
    \u{1f469}\u{200d}\u{1f467} % _ ' \\ \" \u{202e}";

/// Names of fields and names that are none, as JSON writes them.
const NAMES: &str = r#"
    "customer" "claimedRegion" "customerUrn" "customerUuid" "externalIdentifier" "externalId" "email"
    "phoneNumber" "salutation" "firstName" "lastName" "gender" "legalType" "primaryBillingAddress"
    "corporationInfo" "privacy" "status" "countryCode" "languageCode" "street" "companyName" "version"
    "onConflict" "sourceVersion" "onStale" "tenantId" "further" "__proto__" "" "a.b[0]" "\u0000" "\ud800"
    "\u0065mail"
"#;

/// JSON values: of the wrong type, out of range, reserved, nearly right, and right.
const VALUES: &str = r#"
    null true 0 -0 1e999 1e-999 -1E400 9007199254740993 123456789012345678901234567890 "" "\u0020" "\u0009"
    "replace" "UPDATE" "error" "-1" "007" 9223372036854775808
    "DE" "de" "XX" "Corporate" "Anonymized" "Female" "a@example.com" "a@\u0000b.com" "@" "+49-170-1234567" "+"
    "cu.00.482" "cu.00.9999999999999999999" "cu.00.0" "\ud800" "\udc00\ud800" "\u0000" "\uffff" "%s%n"
    "';drop\u0020table\u0020customers;--"
"#;

const NO_JSON: &str = r#"NaN 01 'a' {"a" [1,] "\x" "unended { /**/ +1 .5 tru"#;

const GERMANY: &str = r#"{"countryCode":"DE","languageCode":"de"}"#;

/// Any Unicode, and what Unicode is known for.
pub fn external_id() -> impl Strategy<Value = String> {
    let white_space = [" ", "\u{a0}", "\u{85}", "\t", "\n", "\u{3000}"];
    let pieces: Vec<_> = PIECES.split(' ').chain(white_space).collect();
    prop_oneof![
        2 => any::<String>(),
        3 => vec(select(pieces), 0..6).prop_map(|pieces| pieces.concat()),
        1 => (250..260_usize, select(vec!["a", "é", "😀"])).prop_map(|(length, piece)| piece.repeat(length)),
    ]
}

/// A request body: JSON that is wrong somewhere, or right, or no JSON.
pub fn body() -> impl Strategy<Value = String> {
    prop_oneof![
        10 => customer_body(),
        2 => object(value()),
        1 => value(),
        1 => select(words(NO_JSON)).prop_map(|text| request(text, GERMANY)),
        1 => (1..2000_usize, any::<bool>()).prop_map(|(depth, closed)| {
            request(&("[".repeat(depth) + &"]".repeat(if closed { depth } else { 0 })), GERMANY)
        }),
    ]
}

/// The same, with `customer` and `claimedRegion` and nothing beside them.
pub fn customer_body() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (object(value()), object(value())).prop_map(|(customer, region)| request(&customer, &region)),
        4 => object(value()).prop_map(|customer| request(&customer, GERMANY)),
    ]
}

/// A query string: values that no text can be made of, and names twice.
pub fn query() -> impl Strategy<Value = String> {
    let names = words("urn exId externalId customerUuid u%72n %00 %ff");
    let values = words("cu.00.482 cu.00.9999999999999999999 %00 % %zz %ed%a0%80 + %20 a=b crm-1");
    let bytes = vec(any::<u8>(), 0..40);
    let escaped = bytes.prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>());
    let value = prop_oneof![escaped, select(values).prop_map(str::to_owned)];
    let pair = (select(names), value).prop_map(|(name, value)| format!("{name}={value}"));
    vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

fn request(customer: &str, region: &str) -> String {
    format!(r#"{{"customer":{customer},"claimedRegion":{region}}}"#)
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (select(words(NAMES)), value).prop_map(|(name, value)| format!("{name}:{value}"));
    vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(",")))
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        9 => select(words(VALUES)).prop_map(str::to_owned),
        3 => any::<String>().prop_map(|text| Value::from(text).to_string()),
        1 => (1..5000_usize).prop_map(|length| format!("\"{}\"", "ä".repeat(length))),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            3 => object(inner.clone()),
            1 => vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))),
        ]
    })
}

fn words(text: &'static str) -> Vec<&'static str> {
    text.split_ascii_whitespace().collect()
}
