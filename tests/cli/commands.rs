//! Every command, in the order an operator needs them: beside a running server and without one.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Client, Folder, KEY, Program, Server, TENANT, within};

/// Shorter than the server would trust a key that nobody tells it about.
const AT_ONCE: Duration = Duration::from_secs(15);
const CORRELATION_ID: &str = "0190a0a0-0000-4000-8000-00000000c0de";

#[test]
fn tenants_and_keys_are_managed_without_a_server() {
    let folder = Folder::create();
    let program = Program::in_folder(&folder);
    tenants(&program);
    feeds(&program);
    keys(&program, None);
    folder.wait_until_database_is_gone();
}

#[test]
fn tenants_and_keys_are_managed_beside_a_running_server() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let program = Program::in_folder(&folder);
    tenants(&program);
    keys(&program, Some(&server));
}

#[test]
fn a_suspended_tenant_is_a_stranger_until_it_is_resumed() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let program = Program::in_folder(&folder);
    assert_eq!(status(&server.acme()), 200);

    program.json(&["tenant", "suspend", "--tenant", "acme"]);
    becomes(401, &server.acme());
    program.json(&["tenant", "resume", "--tenant", "acme"]);
    becomes(200, &server.acme());
}

const SAMPLE_KEY_NAME: &str = "sample key of the documents";

#[test]
fn the_audit_trail_names_events_by_customer_and_by_request_but_no_person() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let program = Program::in_folder(&folder);
    let person = serde_json::json!({
        "externalIdentifier": "canary-crm", "email": "canary@example.com", "firstName": "Canary",
    });
    let urn = server.acme().correlated(CORRELATION_ID).store_customer(&person).unwrap().urn();
    let change = serde_json::json!({ "customer": { "customerUrn": urn, "lastName": "Canary" } });
    assert_eq!(server.acme().post("update", &change.to_string()).unwrap().status, 200);

    let of_customer = program.json(&["audit", "list", "--tenant", "acme", "--urn", &urn]);
    assert_eq!(kinds(&of_customer), ["customer.updated", "customer.stored"], "newest first");
    assert_eq!(of_customer[0]["details"], serde_json::json!(["lastName"]));
    assert_eq!(of_customer[0]["subject"], urn.as_str());
    assert_eq!(of_customer[0]["version"], 2);
    assert_eq!(of_customer[0]["actorName"], SAMPLE_KEY_NAME);

    let of_request = program.json(&["audit", "list", "--tenant", "acme", "--correlation-id", CORRELATION_ID]);
    assert_eq!(kinds(&of_request), ["customer.stored"]);

    let of_tenant = program.json(&["audit", "list", "--tenant", TENANT]);
    assert!(kinds(&of_tenant).contains(&"key.issued"), "{of_tenant}");
    assert_eq!(
        program.json(&["audit", "list", "--tenant", "acme", "--limit", "1"]).as_array().unwrap().len(),
        1
    );

    let table = program.run(&["audit", "list", "--tenant", "acme"]);
    let stored = table.stdout.lines().find(|line| line.contains("customer.stored")).unwrap();
    assert!(stored.contains(&urn) && stored.contains(SAMPLE_KEY_NAME), "{table:?}");
    for text in [of_customer.to_string(), of_request.to_string(), of_tenant.to_string(), table.stdout] {
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
}

#[test]
fn what_is_not_there_or_already_taken_is_said_in_one_line() {
    let folder = Folder::with_database();
    let program = Program::in_folder(&folder);
    create_globex(&program);
    let nobody = "00000000-0000-4000-8000-000000000000";
    for arguments in [
        &["tenant", "show", "--tenant", "initech"][..],
        &["tenant", "create", "--name", "globex", "--domain", "other.example.com"],
        &["tenant", "create", "--name", "other", "--domain", "globex.example.com"],
        &["tenant", "set", "--tenant", "globex"],
        &["key", "issue", "--tenant", "initech", "--name", "backend"],
        &["key", "revoke", "--key", nobody],
        &["key", "rotate", "--key", nobody],
        &["audit", "list", "--tenant", "initech"],
    ] {
        let outcome = program.run(arguments);
        assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    }
}

#[test]
fn what_another_tenant_has_is_named_beside_what_is_ones_own() {
    let folder = Folder::with_database();
    let program = Program::in_folder(&folder);
    let id = create_globex(&program)["tenantId"].as_str().unwrap().to_owned();
    program.json(&["tenant", "create", "--name", "initech", "--domain", "initech.example.com"]);
    for (arguments, says) in [
        (
            &["tenant", "set", "--tenant", "globex", "--name", "globex", "--domain", "initech.example.com"][..],
            "domain",
        ),
        (
            &["tenant", "set", "--tenant", "globex", "--name", "initech", "--domain", "globex.example.com"],
            "name",
        ),
        (&["tenant", "create", "--name", "other", "--domain", "initech.example.com"], "domain"),
        (&["tenant", "create", "--name", "initech", "--domain", "other.example.com"], "name"),
        (&["tenant", "create", "--id", &id, "--name", "other", "--domain", "other.example.com"], "id"),
    ] {
        let outcome = program.run(arguments);
        assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(&format!("this {says}")), "{arguments:?}: {outcome:?}");
    }
}

fn tenants(program: &Program) {
    let created = create_globex(program);
    assert_eq!(created["status"], "active");
    assert_eq!(program.json(&["tenant", "show", "--tenant", "globex"]), created);

    let set = ["tenant", "set", "--tenant", "globex", "--jwt", "required", "--require", "email,phoneNumber"];
    let set =
        program.json(&[&set[..], &["--channels", "CARD,SEPA", "--domain", "globex.example.org"]].concat());
    assert_eq!(set["jwt"], "required");
    assert_eq!(set["require"], serde_json::json!(["email", "phoneNumber"]));
    assert_eq!(set["channels"], serde_json::json!(["CARD", "SEPA"]));
    assert_eq!(set["domains"].as_array().unwrap().len(), 2);

    assert_eq!(program.json(&["tenant", "suspend", "--tenant", "globex"])["status"], "suspended");
    assert_eq!(program.json(&["tenant", "resume", "--tenant", "globex"])["status"], "active");
    let back = ["tenant", "set", "--tenant", "globex", "--jwt", "optional", "--require", ""];
    assert_eq!(program.json(&back)["require"], serde_json::json!([]));
    quota(program);

    let list = program.json(&["tenant", "list"]);
    assert!(
        list.as_array().unwrap().iter().any(|tenant| tenant["tenantId"] == created["tenantId"]),
        "{list}"
    );
    for command in [&["tenant", "list"][..], &["tenant", "show", "--tenant", "globex"]] {
        let table = program.run(command).stdout;
        assert!(table.contains("globex.example.com") && !table.contains('{'), "{table}");
    }
}

fn quota(program: &Program) {
    let set = |rate, burst| {
        let set = program.json(&["tenant", "set", "--tenant", "globex", "--rate", rate, "--burst", burst]);
        (set["rate"].as_u64(), set["burst"].as_u64())
    };
    assert_eq!(set("50", "200"), (Some(50), Some(200)));
    assert!(program.run(&["tenant", "show", "--tenant", "globex"]).stdout.contains("burst     200"));
    assert_eq!(set("50", "default"), (Some(50), None));
    assert_eq!(set("default", "default"), (None, None));
    let wrong = program.run(&["tenant", "set", "--tenant", "globex", "--rate", "0"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}

fn feeds(program: &Program) {
    let renewed = program.json(&["feed", "renew", "--tenant", "globex"]);
    assert_eq!((renewed.as_array().unwrap().len(), &renewed[0]["name"]), (1, &"globex".into()));
    let all = program.json(&["feed", "renew", "--all"]);
    let again = all.as_array().unwrap().iter().find(|feed| feed["name"] == "globex").unwrap();
    assert_ne!(again["feedId"], renewed[0]["feedId"]);
    let trail = program.json(&["audit", "list", "--tenant", "globex"]);
    assert_eq!(trail.as_array().unwrap().iter().filter(|event| event["kind"] == "feed.renewed").count(), 2);
    assert_eq!(program.run(&["feed", "renew"]).code, Some(2));
    assert_eq!(program.run(&["feed", "renew", "--tenant", "nobody"]).code, Some(1));
}

fn keys(program: &Program, server: Option<&Server>) {
    let tenant = program.json(&["tenant", "show", "--tenant", "globex"])["tenantId"].clone();
    let tenant = tenant.as_str().unwrap();
    let client = |key: &Value| {
        let server = server?;
        Some(Client::new(server.address(), tenant, key["apiKey"].as_str().unwrap()))
    };

    let issued = program.json(&["key", "issue", "--tenant", "globex", "--name", "backend"]);
    assert_eq!(issued["scopes"].as_array().unwrap().len(), 4);
    client(&issued).inspect(|client| assert_eq!(client.store("crm-1").unwrap().status, 200));

    let reader = ["key", "issue", "--tenant", "globex", "--name", "reader", "--scopes", "customer.read"];
    let reader = program.json(&reader);
    client(&reader).inspect(|client| {
        assert_eq!(status(client), 200);
        assert_eq!(client.store("crm-2").unwrap().status, 403);
    });

    let old = issued["keyId"].as_str().unwrap();
    let successor = program.json(&["key", "rotate", "--key", old, "--overlap", "1h"]);
    assert_eq!(successor["name"], "backend");
    assert_eq!(successor["scopes"], issued["scopes"]);
    for key in [&issued, &successor] {
        client(key).inspect(|client| assert_eq!(status(client), 200, "both work in the overlap"));
    }

    assert_eq!(program.json(&["key", "revoke", "--key", old])["revoked"], true);
    client(&issued).inspect(|client| becomes(401, client));
    client(&successor).inspect(|client| assert_eq!(status(client), 200));
    let again = program.run(&["key", "rotate", "--key", old]);
    assert_eq!(again.code, Some(1), "a revoked key has no successor: {again:?}");

    let list = program.json(&["key", "list", "--tenant", "globex"]);
    let of = |key: &Value| list.as_array().unwrap().iter().find(|row| row["keyId"] == key["keyId"]).unwrap();
    assert_eq!(of(&issued)["status"], "revoked");
    assert_eq!(of(&successor)["status"], "active");
    let table = program.run(&["key", "list", "--tenant", "globex"]).stdout;
    assert!(table.contains("reader"), "{table}");
    for key in [&issued, &reader, &successor] {
        let key = key["apiKey"].as_str().unwrap();
        assert!(key.starts_with("sk_dev_") && !list.to_string().contains(key) && !table.contains(key));
    }

    let shown = program.run(&["key", "issue", "--tenant", "globex", "--name", "by hand"]).stdout;
    assert!(shown.starts_with("sk_dev_") && shown.contains("shown once"), "{shown}");
    assert!(!shown.contains(KEY));
}

fn create_globex(program: &Program) -> Value {
    program.json(&["tenant", "create", "--name", "globex", "--domain", "globex.example.com"])
}

fn status(client: &Client) -> u16 {
    client.post("validate", r#"{"externalId":"crm-1"}"#).unwrap().status
}

fn becomes(expected: u16, client: &Client) {
    within(AT_ONCE, "the server hears of the change", || (status(client) == expected).then_some(()));
}

fn kinds(events: &Value) -> Vec<&str> {
    events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}
