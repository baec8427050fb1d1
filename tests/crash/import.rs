//! An import whose server is killed is sent again, and comes to what it would have been.

use std::{collections::HashMap, thread, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    checker::Contents,
    http,
    machine::{Machine, poll},
};

const LINES: usize = 2_000;
const ROUNDS: usize = 4;

#[test]
fn an_import_that_was_cut_by_a_kill_is_sent_again() {
    let seed: u64 = crate::kills::setting("AZOTTE_CRASH_SEED").unwrap_or_else(rand::random);
    println!("AZOTTE_CRASH_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut machine = Machine::start();

    for round in 0..ROUNDS {
        let file = file(round);
        let (address, sent) = (machine.address(), file.clone());
        let cut = thread::spawn(move || http::post_lines(address, &sent));
        let begun = format!("crm-{round}-");
        let is_begun = || customers(&machine).iter().any(|name| name.starts_with(&begun)).then_some(());
        poll("a batch is carried out", is_begun);
        thread::sleep(Duration::from_micros(random.random_range(0..200_000)));
        machine.cut_power();
        let answered = cut.join().unwrap();
        machine.start_server();

        let again = http::post_lines(machine.address(), &file).expect("a receipt");

        let summary = &again.last().unwrap()["summary"];
        let [created, unchanged] = ["created", "unchanged"].map(|word| summary[word].as_u64().unwrap());
        println!(
            "round {round}: {} answers before the kill, {unchanged} lines done by it",
            answered.map_or(0, |it| it.len())
        );
        assert_eq!(created + unchanged, LINES as u64, "AZOTTE_CRASH_SEED={seed}: {summary}");
    }

    let contents = Contents::read(&machine.database_url());
    let mut events: HashMap<i64, Vec<i64>> = HashMap::new();
    for event in &contents.events {
        events.entry(event.customer_number).or_default().push(event.version);
    }
    assert_eq!(contents.rows.len(), ROUNDS * LINES, "AZOTTE_CRASH_SEED={seed}");
    for row in &contents.rows {
        assert_eq!(
            (row.version, events.remove(&row.number)),
            (1, Some(vec![1])),
            "AZOTTE_CRASH_SEED={seed}: {row:?}"
        );
    }
    assert!(events.is_empty(), "AZOTTE_CRASH_SEED={seed}: events without a row: {events:?}");
}

fn file(round: usize) -> String {
    let line = |n: usize| -> Value {
        json!({
            "operation": "store",
            "onConflict": "update",
            "customer": { "externalIdentifier": format!("crm-{round}-{n}"), "email": format!("{round}-{n}@example.com") },
            "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
        })
    };
    (0..LINES).map(|n| format!("{}\n", line(n))).collect()
}

fn customers(machine: &Machine) -> Vec<String> {
    let rows = Contents::read(&machine.database_url()).rows;
    rows.into_iter().filter_map(|row| row.external_id).collect()
}
