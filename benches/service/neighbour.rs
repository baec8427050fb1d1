//! One tenant sends twenty times its quota; another one, beside it, should hardly notice.

use std::{sync::Arc, time::Duration};

use crate::{
    load::{self, Outcome, Request, percentile},
    requests::Caller,
    server::Server,
};

const QUOTA: u32 = 200;
const CELL: Duration = Duration::from_secs(15);
const CALM: f64 = 200.0;

pub fn run(server: &Server) {
    let loud = tenant(server, "loud");
    let calm = tenant(server, "calm");
    server.command(&[
        "tenant",
        "set",
        "--tenant",
        "loud",
        "--rate",
        &QUOTA.to_string(),
        "--burst",
        &QUOTA.to_string(),
    ]);
    let loud: Request = Arc::new(move || loud.store());
    let calm: Request = Arc::new(move || calm.store());
    let per_second = f64::from(20 * QUOTA);
    let calm = |time| load::open_loop(server.address, 16, CALM, time, calm.clone());

    // Its first requests are a new tenant's.
    load::on_one_thread(calm(Duration::from_secs(3)));
    for _ in 0..3 {
        let alone = load::on_one_thread(calm(CELL));
        let (beside, refused) = load::on_one_thread(async {
            tokio::join!(calm(CELL), load::open_loop(server.address, 64, per_second, CELL, loud.clone()))
        });
        let (solo, shared) = (percentile(&alone.done, 0.99), percentile(&beside.done, 0.99));
        println!(
            "calm alone p50 {:.2} p99 {solo:.2} ms; beside p50 {:.2} p99 {shared:.2} ms: ratio {:.2}; {} of its \
             answers no; loud: {}",
            percentile(&alone.done, 0.5),
            percentile(&beside.done, 0.5),
            shared / solo,
            beside.refused.len() + beside.failed,
            told(&refused),
        );
    }
}

fn told(outcome: &Outcome) -> String {
    let seconds = outcome.took.as_secs_f64();
    format!(
        "{:.0}/s done, {:.0}/s refused, p99 {:.1} ms, {} failed",
        outcome.rate(),
        outcome.refused.len() as f64 / seconds,
        percentile(&outcome.refused, 0.99),
        outcome.failed
    )
}

fn tenant(server: &Server, name: &str) -> Caller {
    let created = server.command(&[
        "tenant",
        "create",
        "--name",
        name,
        "--domain",
        &format!("{name}.example"),
        "--json",
    ]);
    let key = server.command(&["key", "issue", "--tenant", name, "--name", "bench", "--json"]);
    Caller::new(&property(&created, "tenantId"), &property(&key, "apiKey"))
}

fn property(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
}
