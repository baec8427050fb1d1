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

const CLIENTS: [usize; 3] = [1, 16, 64];
const PAIRS: usize = 3;
const CELL: Duration = Duration::from_secs(2);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let endpoints: [(&str, Ask, Script); 4] = [
        ("info", Caller::info, statements::info),
        ("validate", Caller::validate, statements::validate),
        ("store", Caller::store, statements::store),
        ("update", Caller::update, statements::update),
    ];
    println!("{PAIRS} pairs of {CELL:?}, medians; memory at rest {} MB", server.memory());
    println!(
        "{:<9} {:>7} {:>9} {:>9} {:>6} {:>7} {:>7} {:>14} {:>6}   pairs",
        "", "clients", "pgbench/s", "service/s", "ratio", "p50 ms", "p99 ms", "CPU ms srv/db", "MB"
    );
    for clients in CLIENTS {
        for (name, request, script) in endpoints {
            let acme = acme.clone();
            let cell = Cell { server, name, clients, script: script() };
            cell.measure(&(Arc::new(move || request(&acme)) as Request));
        }
    }
}

/// One line of the table.
struct Cell<'a> {
    server: &'a Server,
    name: &'static str,
    clients: usize,
    script: String,
}

struct Pair {
    pgbench: f64,
    service: Outcome,
    server_time: Duration,
    database_time: Duration,
}

impl Cell<'_> {
    fn measure(&self, request: &Request) {
        let mut pairs: Vec<_> = (0..PAIRS).map(|_| self.pair(request)).collect();
        pairs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let all: Vec<_> = pairs.iter().map(|pair| format!("{:.2}", pair.ratio())).collect();
        let median = &pairs[PAIRS / 2];
        let Pair { pgbench, service, server_time, database_time } = median;
        let each = |time: &Duration| time.as_secs_f64() * 1000.0 / service.done.len() as f64;
        println!(
            "{:<9} {:>7} {pgbench:>9.0} {:>9.0} {:>6.2} {:>7.2} {:>7.2} {:>6.3} / {:.3} {:>6}   {}",
            self.name,
            self.clients,
            service.rate(),
            median.ratio(),
            percentile(&service.done, 0.5),
            percentile(&service.done, 0.99),
            each(server_time),
            each(database_time),
            self.server.memory(),
            all.join(" "),
        );
    }

    /// `pgbench` before and after, so that a machine that changes its speed changes it for both.
    fn pair(&self, request: &Request) -> Pair {
        let Self { server, name, clients, script } = self;
        let before = pgbench::rate(server, script, *clients, CELL);
        let used = (server.processor_time(), server.database_processor_time());
        let load = load::closed_loop(server.address, *clients, CELL, request.clone());
        let service = load::on_one_thread(load);
        let server_time = server.processor_time() - used.0;
        let database_time = server.database_processor_time() - used.1;
        let after = pgbench::rate(server, script, *clients, CELL);
        assert_eq!(
            (service.refused.len(), service.failed),
            (0, 0),
            "{name}: a wrong answer is no throughput"
        );
        Pair { pgbench: (before + after) / 2.0, service, server_time, database_time }
    }
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.service.rate() / self.pgbench
    }
}
