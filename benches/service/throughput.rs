//! Requests a second as a ratio to the statements that `pgbench` gets through the same connections' number.

use std::{sync::Arc, time::Duration};

use crate::{
    load::{self, Outcome, Request, percentile},
    pgbench,
    requests::Caller,
    server::Server,
    statements,
};

type Ask = fn(&Caller) -> Vec<u8>;
type Script = fn() -> String;

const CLIENTS: usize = 16;
const PAIRS: usize = 3;
const CELL: Duration = Duration::from_secs(3);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let endpoints: [(&str, Ask, Script); 4] = [
        ("info", Caller::info, statements::info),
        ("validate", Caller::validate, statements::validate),
        ("store", Caller::store, statements::store),
        ("update", Caller::update, statements::update),
    ];
    println!("{CLIENTS} clients, {PAIRS} pairs of {CELL:?}, medians");
    println!(
        "{:<9} {:>9} {:>9} {:>6} {:>8} {:>8} {:>12}",
        "", "pgbench/s", "service/s", "ratio", "p50 ms", "p99 ms", "CPU ms/req"
    );
    for (name, request, script) in endpoints {
        let acme = acme.clone();
        let request: Request = Arc::new(move || request(&acme));
        let script = script();
        let mut pairs: Vec<_> = (0..PAIRS).map(|_| Pair::measure(server, name, &request, &script)).collect();
        pairs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let all: Vec<_> = pairs.iter().map(|pair| format!("{:.2}", pair.ratio())).collect();
        let Pair { pgbench, service, processor } = &pairs[PAIRS / 2];
        println!(
            "{name:<9} {pgbench:>9.0} {:>9.0} {:>6.2} {:>8.2} {:>8.2} {:>12.3}   pairs {}",
            service.rate(),
            pairs[PAIRS / 2].ratio(),
            percentile(&service.done, 0.5),
            percentile(&service.done, 0.99),
            processor.as_secs_f64() * 1000.0 / service.done.len() as f64,
            all.join(" "),
        );
    }
}

struct Pair {
    pgbench: f64,
    service: Outcome,
    processor: Duration,
}

impl Pair {
    /// `pgbench` before and after, so that a machine that changes its speed changes it for both.
    fn measure(server: &Server, name: &str, request: &Request, script: &str) -> Self {
        let before = pgbench::rate(server, script, CLIENTS, CELL);
        let used = server.processor_time();
        let service = load::on_one_thread(load::closed_loop(server.address, CLIENTS, CELL, request.clone()));
        let processor = server.processor_time() - used;
        let after = pgbench::rate(server, script, CLIENTS, CELL);
        assert_eq!(
            (service.refused.len(), service.failed),
            (0, 0),
            "{name}: a wrong answer is no throughput"
        );
        Self { pgbench: (before + after) / 2.0, service, processor }
    }

    fn ratio(&self) -> f64 {
        self.service.rate() / self.pgbench
    }
}
