//! What the features of a request cost next to the same request without them, and what a row that somebody keeps locked
//! costs the others.

use std::{sync::Arc, thread, time::Duration};

use crate::{
    load::{self, Outcome, Request, percentile},
    requests::Caller,
    server::Server,
};

const CLIENTS: usize = 16;
const PAIRS: usize = 3;
const CELL: Duration = Duration::from_secs(2);
const LOCKED: Duration = Duration::from_secs(2);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let token = server.command(&["token", "issue", "--tenant", "acme"]);
    let with_token =
        acme.with(&format!("authorization: Bearer {}", token.lines().next().unwrap_or_default()));
    let (plain, keyed, repeating) = (acme.clone(), acme.clone(), acme.clone());
    let info = request(&acme, Caller::info);
    let store: Request = Arc::new(move || plain.store());
    let with_key: Request = Arc::new(move || keyed.store_with_key());
    let with_duplicates: Request = Arc::new(move || repeating.store_or_repeat(0.05));
    println!(
        "{PAIRS} pairs of {CELL:?}, {CLIENTS} clients; a request's time with / without, and p99 ms of both"
    );
    compare(server, "info with a token", &request(&with_token, Caller::info), &info);
    compare(server, "store with an Idempotency-Key", &with_key, &store);
    compare(server, "5 % of stores are of a stored id", &with_duplicates, &store);
    locked_row(server, &acme);
}

fn request(caller: &Caller, ask: fn(&Caller) -> Vec<u8>) -> Request {
    let caller = caller.clone();
    Arc::new(move || ask(&caller))
}

fn compare(server: &Server, name: &str, with: &Request, without: &Request) {
    let mut pairs: Vec<(f64, Outcome, Outcome)> = Vec::new();
    for _ in 0..PAIRS {
        let mut plain = cell(server, without);
        let featured = cell(server, with);
        plain.add(cell(server, without));
        pairs.push((plain.rate() / featured.rate(), featured, plain));
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: Vec<_> = pairs.iter().map(|(ratio, ..)| format!("{ratio:.2}")).collect();
    let (ratio, featured, plain) = &pairs[PAIRS / 2];
    let p99 = |outcome: &Outcome| percentile(&outcome.done, 0.99);
    println!("{name:<34} {ratio:>5.2}   {:.2} / {:.2}   {}", p99(featured), p99(plain), all.join(" "));
}

fn cell(server: &Server, request: &Request) -> Outcome {
    let outcome = load::on_one_thread(load::closed_loop(server.address, CLIENTS, CELL, request.clone()));
    assert_eq!((outcome.refused.len(), outcome.failed), (0, 0), "a wrong answer is no throughput");
    outcome
}

/// One client asks for a change of the locked row, 16 for changes of others.
fn locked_row(server: &Server, acme: &Caller) {
    let (others, of_locked) = (acme.clone(), acme.clone());
    let others: Request = Arc::new(move || others.update());
    let of_locked: Request = Arc::new(move || of_locked.update_of("cu.00.1"));
    let free = load::on_one_thread(load::closed_loop(server.address, CLIENTS, LOCKED, others.clone()));
    let (beside, waited) = thread::scope(|scope| {
        scope.spawn(|| {
            server.sql(&format!(
                "begin; select from customers where number = 1 for update; select pg_sleep({}); rollback",
                LOCKED.as_secs() + 1
            ))
        });
        thread::sleep(Duration::from_millis(500));
        load::on_one_thread(async {
            tokio::join!(
                load::closed_loop(server.address, CLIENTS, LOCKED, others.clone()),
                load::closed_loop(server.address, 1, LOCKED, of_locked)
            )
        })
    });
    let worst = |outcome: &Outcome| percentile(&outcome.done, 1.0);
    println!(
        "a row locked for {LOCKED:?}: updates of others take at most {:.1} ms ({:.1} without), p99 {:.1} ms ({:.1}); \
         {} of them failed; those of the row: {} refused",
        worst(&beside),
        worst(&free),
        percentile(&beside.done, 0.99),
        percentile(&free.done, 0.99),
        beside.failed + beside.refused.len(),
        waited.refused.len() + waited.failed,
    );
}
