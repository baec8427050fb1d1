//! The documents say what the server does: for every string a request may hold, a value that the schema takes
//! is taken, and one that it refuses is refused by the name of its field. The documents are walked, so no field
//! is forgotten. Where the schema leaves a value to a sentence, it is tried all the same, and must not be a 5xx.

use azotte_customers::{
    domain::partner::{ProviderInstanceId, ResellerId},
    postgres::{provider_instances, resellers},
    sandbox::seed,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Document, Operation, Reply, Server, UUID};

/// Strings that some field takes and another does not.
const PROBES: [&str; 33] = [
    "",
    " ",
    "\u{a0}",
    "x",
    " x",
    "x ",
    "a b",
    "\u{feff}",
    "a\u{7f}",
    "a\u{0}",
    "\u{fffe}",
    "€",
    "DE",
    "de",
    "dE",
    "XX",
    "D\u{131}",
    "Female",
    "fEMALE",
    "Corporate",
    "individual",
    "Active",
    "on-hold_2",
    "Anonymized",
    "anonymizeD",
    "cu.00.482",
    "cu.00.0",
    "cu.٠٠.1",
    UUID,
    "CB3CD15B-1D6E-45BE-B493-C71549CBFD87",
    "cb3cd15b1d6e45beb493c71549cbfd87",
    "markUP",
    "Company.Name",
];
/// What a format can only describe roughly; such values are tried where they are refused, and at their limits.
const ROUGH: [&str; 3] = ["idn-email", "phone", "json"];
/// What the server gave out before, so that no value made here is one.
const OPAQUE: &str = "continuationToken";

#[tokio::test]
async fn c2a_takes_what_its_document_says() {
    let server = Server::start().await;
    let document = Document::c2a();
    let tried = probe(&document, &server.acme).await;
    assert!(tried > 1500, "only {tried} values tried");
}

#[tokio::test]
async fn partner_takes_what_its_document_says() {
    let server = Server::start().await;
    let document = Document::partner();
    let tried = probe(&document, &csp(&server).await).await;
    assert!(tried > 1000, "only {tried} values tried");
}

/// A CSP of the sandbox tenant, which has one reseller and one provider instance.
async fn csp(server: &Server) -> Client {
    let id = UUID.parse().unwrap();
    resellers::add(&server.pool, seed::TENANT_ID, ResellerId(id), "one").await.unwrap();
    let instance = ProviderInstanceId(id);
    provider_instances::add(&server.pool, seed::TENANT_ID, instance, "one").await.unwrap();
    server.csp()
}

/// Sends every probe in every field; how many that were.
async fn probe(document: &Document, client: &Client) -> usize {
    let mut tried = 0;
    for operation in document.operations() {
        // The query of `bulk` is tried where its lines are.
        if operation.json["requestBody"].is_null() {
            tried += probe_query(document, client, &operation).await;
        }
        let content = &operation.json["requestBody"]["content"]["application/json"];
        if content.is_null() {
            continue;
        }
        let judge = document.judge(&content["schema"]);
        let mut fields = Vec::new();
        collect(document, &content["schema"], &mut Vec::new(), &mut fields);
        for field in fields {
            for (value, is_exact) in values(document, &field.schema) {
                let is_dry_run = is_dry_run(&operation, &field.path);
                let with = |value: &str| {
                    let example = &content["example"];
                    let mut body = if is_dry_run { json!({}) } else { example_around(example, &field.path) };
                    set(document, &content["schema"], &mut body, &field.path, json!(value));
                    body
                };
                let reply = client.post(&operation.path, &with(&value).to_string()).await;
                let is_valid = judge.is_valid(&with(as_listed(&field.schema, &value)));
                let name = name(&field.path);
                let place = format!("{} {name} {value:?}: {}", operation.path, reply.text());
                if is_dry_run {
                    check_dry_run(&place, is_valid, is_exact, &name, &reply);
                } else {
                    check(&place, is_valid, is_exact, &name, &reply);
                }
                tried += 1;
            }
        }
    }
    tried
}

/// What is wrong with the field is an answer there, and nothing is refused.
fn is_dry_run(operation: &Operation, path: &[Step]) -> bool {
    operation.path.ends_with("/validate") && name(&path[..1]) == "customer"
}

fn check_dry_run(place: &str, is_valid: bool, is_exact: bool, name: &str, reply: &Reply) {
    assert_eq!(reply.status, 200, "{place}");
    let is_told = reply.json()["errors"].as_array().unwrap().iter().any(|error| error["field"] == name);
    assert!(is_valid || is_told, "invalid, but taken: {place}");
    assert!(!is_told || !is_valid || !is_exact, "valid, but refused: {place}");
}

/// The example; or of `compare`, whose example has ranges, the least that the fields of items can stand in.
fn example_around(example: &Value, path: &[Step]) -> Value {
    let is_of_items =
        matches!(&path[0], Step::Key(key) if ["after", "upTo", "items"].contains(&key.as_str()));
    if is_of_items && example["ranges"].is_array() {
        return json!({ "by": "externalIdentifier", "items": [] });
    }
    example.clone()
}

async fn probe_query(document: &Document, client: &Client, operation: &Operation) -> usize {
    let mut tried = 0;
    let parameters = operation.json["parameters"].as_array().unwrap();
    for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
        let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
        let judge = document.judge(schema);
        for (value, is_exact) in values(document, schema) {
            let is_exact = is_exact && name != OPAQUE;
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let reply = client.send(Method::GET, &format!("{}?{name}={encoded}", operation.path), "").await;
            let read = if schema["type"] == "string" {
                json!(as_listed(schema, &value))
            } else {
                serde_json::from_str(&value).unwrap_or(json!(value))
            };
            let place = format!("{} {name}={value:?}: {}", operation.path, reply.text());
            check(&place, judge.is_valid(&read), is_exact, name, &reply);
            tried += 1;
        }
    }
    tried
}

fn check(place: &str, is_valid: bool, is_exact: bool, name: &str, reply: &Reply) {
    if !is_valid {
        assert_eq!(reply.status, 400, "invalid, but taken: {place}");
        assert!(reply.text().contains(&format!("\"{name}\"")), "not named: {place}");
    } else if is_exact {
        assert_ne!(reply.status, 400, "valid, but refused: {place}");
    }
    assert!(reply.status.as_u16() < 500, "{place}");
}

/// Values to try, and whether the schema decides about them alone.
fn values(document: &Document, schema: &Value) -> Vec<(String, bool)> {
    let is_exact = !schema["format"].as_str().is_some_and(|format| ROUGH.contains(&format));
    let probes = PROBES.iter().map(|probe| ((*probe).to_owned(), is_exact && !is_left_to_a_sentence(probe)));
    let mut values: Vec<_> = probes.collect();
    if let Some(sample) = document.sample(schema).as_str() {
        values.push((sample.to_owned(), true));
    }
    if let Some(max) = schema["maxLength"].as_u64() {
        let max = usize::try_from(max).unwrap();
        values.extend([max, max + 1].map(|length| (of_length(schema, length), true)));
    }
    for limit in ["minimum", "maximum"] {
        let Some(limit) = schema[limit].as_i64() else { continue };
        values.extend([limit - 1, limit, limit + 1].map(|number| (number.to_string(), true)));
    }
    values
}

/// Whether the description of a field decides about this value, where the schema takes it.
fn is_left_to_a_sentence(value: &str) -> bool {
    let is_noncharacter = |c: char| matches!(c as u32 & 0xffff, 0xfffe | 0xffff);
    value != value.trim()
        // Shows nothing.
        || value == "\u{feff}"
        || value.is_empty()
        || value.chars().any(|c| c.is_control() || is_noncharacter(c))
        || value.eq_ignore_ascii_case("Anonymized")
        // Asks for `corporationInfo`.
        || value == "Corporate"
}

/// The word of the schema's list that `value` is in another case; else the value.
fn as_listed<'a>(schema: &'a Value, value: &'a str) -> &'a str {
    let mut words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    words.find(|word| word.eq_ignore_ascii_case(value)).unwrap_or(value)
}

fn of_length(schema: &Value, length: usize) -> String {
    match schema["format"].as_str() {
        Some("idn-email") => {
            let local = "a".repeat(64);
            let (mut domain, top) = (String::new(), ".example");
            while domain.len() < length - local.len() - 1 - top.len() {
                domain.push(if domain.len() % 50 == 49 { '.' } else { 'b' });
            }
            if domain.ends_with('.') {
                domain.pop();
                domain.push('b');
            }
            format!("{local}@{domain}{top}")
        }
        Some("phone") => format!("+49{}1701234567", "-".repeat(length - 13)),
        Some("json") => format!("\"{}\"", "x".repeat(length - 2)),
        _ => "x".repeat(length),
    }
}

/// A string in a request.
struct Leaf {
    path: Vec<Step>,
    schema: Value,
}

#[derive(Clone)]
enum Step {
    Key(String),
    First,
}

fn name(path: &[Step]) -> String {
    let mut name = String::new();
    for step in path {
        match step {
            Step::Key(key) if name.is_empty() => name.push_str(key),
            Step::Key(key) => name.push_str(&format!(".{key}")),
            Step::First => name.push_str("[0]"),
        }
    }
    name
}

/// Every string below `schema`.
fn collect(document: &Document, schema: &Value, path: &mut Vec<Step>, found: &mut Vec<Leaf>) {
    let schema = object_of(document, schema);
    if is_string(schema) {
        return found.push(Leaf { path: path.clone(), schema: schema.clone() });
    }
    for (step, inner) in children(schema) {
        path.push(step);
        collect(document, inner, path, found);
        path.pop();
    }
}

fn is_string(schema: &Value) -> bool {
    let types = &schema["type"];
    types == "string" || types.as_array().is_some_and(|types| types.contains(&json!("string")))
}

/// What a schema says of itself, past references and `null`.
fn object_of<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let schema = document.resolve(schema);
    match schema["oneOf"].as_array() {
        Some(one) => object_of(document, one.iter().find(|item| item["type"] != "null").unwrap()),
        None => schema,
    }
}

fn children(schema: &Value) -> Vec<(Step, &Value)> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut children: Vec<_> = properties.map(|(key, inner)| (Step::Key(key.clone()), inner)).collect();
    if !schema["items"].is_null() {
        children.push((Step::First, &schema["items"]));
    }
    // A dictionary, and not just an object that keeps whatever else it holds. Every dictionary takes this key.
    let values = &schema["additionalProperties"];
    if values.is_object() {
        children.push((Step::Key(UUID.to_owned()), values));
    }
    children
}

/// Puts `value` at `path`, with whatever must stand around it.
fn set(document: &Document, schema: &Value, place: &mut Value, path: &[Step], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *place = value;
        return;
    };
    let schema = object_of(document, schema);
    let inner = match step {
        Step::Key(key) => {
            if !place.is_object() {
                *place = document.sample(schema);
            }
            &mut place[key]
        }
        Step::First => {
            *place = json!([null]);
            &mut place[0]
        }
    };
    let children = children(schema);
    let same = |other: &Step| name(std::slice::from_ref(other)) == name(std::slice::from_ref(step));
    let (_, inner_schema) = children.into_iter().find(|(other, _)| same(other)).unwrap();
    set(document, inner_schema, inner, rest, value);
}
