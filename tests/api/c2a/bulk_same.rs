//! A file comes to the same as its lines one by one: in the table, in the events, and in what each is told.
//!
//! `AZOTTE_BULK_LINES` says how many (2,000 unless set), `AZOTTE_BULK_SEED` which ones.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::bulk::{delete, store, update};
use crate::support::{Client, Server, bodies::merged};

const LINES: usize = 2_000;
/// So few that lines meet.
const CUSTOMERS: usize = 400;
/// Customers that keep their addresses.
const HOLDERS: usize = 5;
/// A customer with its events, without what is made anew each time.
const ROWS: &str = "
    select (to_jsonb(c) - '{number,created_at,updated_at,erased_at,email_key,tenant_id}'::text[]
        || jsonb_build_object('is_erased', erased_at is not null, 'events', (
            select jsonb_agg(jsonb_build_array(version, kind, changed_fields) order by version)
            from customer_events e
            where e.tenant_id = c.tenant_id and e.customer_number = c.number
        )))::text
    from customers c";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_to_the_same_as_its_lines_one_by_one() {
    let count = setting("AZOTTE_BULK_LINES").unwrap_or(LINES as u64) as usize;
    let seed = setting("AZOTTE_BULK_SEED").unwrap_or_else(rand::random);
    println!("AZOTTE_BULK_SEED={seed} AZOTTE_BULK_LINES={count}");
    let lines = file(&mut StdRng::seed_from_u64(seed), count);
    let [together, singly] = [Server::start().await, Server::start().await];

    let mut answers = Vec::new();
    for part in lines.chunks(10_000) {
        let reply = together.acme.bulk(part).await;
        let mut part = reply.lines();
        assert!(part.pop().unwrap()["summary"].is_object());
        answers.extend(part);
    }
    let mut expected = Vec::new();
    for line in &lines {
        expected.push(single(&singly.acme, line).await);
    }

    let mut kinds = HashMap::new();
    for (n, (answer, expected)) in answers.iter().zip(&expected).enumerate() {
        let mut told = told(answer);
        if expected[3].is_null() {
            told[3] = Value::Null;
        }
        if lines[n]["operation"] == "delete" {
            // The call does not tell it.
            told[1] = Value::Null;
        }
        assert_eq!(told, *expected, "AZOTTE_BULK_SEED={seed}, line {}: {}", n + 1, lines[n]);
        *kinds.entry(format!("{} {}", answer["outcome"], told[0])).or_insert(0) += 1;
    }
    assert_eq!(answers.len(), lines.len());
    assert!(kinds.len() > 8, "the file has all sorts of lines: {kinds:?}");
    let (together, singly) = (rows(&together).await, rows(&singly).await);
    assert_eq!(together.len(), singly.len());
    let differ = together.iter().zip(&singly).find(|(together, singly)| together != singly);
    assert_eq!(differ, None, "AZOTTE_BULK_SEED={seed}");
}

/// Code, version, field and code of each error, and outcome, which a call tells only where it is asked.
fn told(answer: &Value) -> [Value; 4] {
    let errors = answer["status"]["errors"].as_array().cloned().unwrap_or_default();
    let errors: Vec<_> = errors.iter().map(|error| json!([error["field"], error["code"]])).collect();
    [
        answer["status"]["messageCode"].clone(),
        answer["version"].clone(),
        json!(errors),
        answer["outcome"].clone(),
    ]
}

/// The same of the call that the line stands for.
async fn single(acme: &Client, line: &Value) -> [Value; 4] {
    let mut body = line.clone();
    let operation = body.as_object_mut().unwrap().remove("operation").unwrap();
    let reply = acme.c2a(operation.as_str().unwrap(), &body).await;
    let [code, _, errors, outcome] = told(&reply.json());
    let version = reply.json()["result"]["version"].clone();
    [code, version, errors, outcome]
}

async fn rows(server: &Server) -> Vec<String> {
    let mut rows: Vec<String> = sqlx::query_scalar(ROWS).fetch_all(&server.pool).await.unwrap();
    rows.sort();
    rows
}

/// Lines whose order alone decides: nobody hands on what another one takes. Each address is of one customer for ever; some are
/// wanted by others.
fn file(random: &mut StdRng, count: usize) -> Vec<Value> {
    let email = |holder: usize| json!(format!("holder-{holder}@example.com"));
    let holders =
        (0..HOLDERS).map(|holder| store(&format!("holder-{holder}"), json!({ "email": email(holder) })));
    let lines = (HOLDERS..count).map(|n| {
        let customer = random.random_range(0..CUSTOMERS);
        let id = format!("crm-{customer}");
        let mut properties = json!({ "firstName": format!("n{n}") });
        match random.random_range(0..8) {
            0 => properties["email"] = json!(format!("{customer}@example.com")),
            1 => properties["phoneNumber"] = json!(format!("+49301{customer:06}")),
            2 => properties["privacy"] = json!({ "n": n % 3 }),
            3 => properties["email"] = json!("not an address"),
            4 => properties = json!({}),
            5 => properties["email"] = email(random.random_range(0..HOLDERS)),
            _ => {}
        }
        let words = match random.random_range(0..6) {
            0 => json!({ "sourceVersion": random.random_range(0..40) }),
            1 => json!({ "sourceVersion": random.random_range(0..40), "onStale": "error" }),
            2 => json!({ "onConflict": "replace" }),
            3 => json!({ "onConflict": "return" }),
            4 => json!({ "onConflict": "update" }),
            _ => json!({}),
        };
        match random.random_range(0..12) {
            0..7 => merged(store(&id, properties), words),
            7..11 => update(&id, properties),
            _ => delete(&id),
        }
    });
    holders.chain(lines).collect()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}
