//! Requests a second as a ratio to the statements that `pgbench` gets through the same connections' number.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    load::{self, Outcome, Request, percentile},
    pgbench::{self, Runs},
    processes,
    requests::Caller,
    server::Server,
    statements,
};

type Ask = fn(&Caller) -> Vec<u8>;
type Script = fn() -> String;

const CLIENTS: [usize; 4] = [1, 16, 64, 256];
/// More connections than this make `pgbench` slower, and a server takes no more by default.
const MOST_OF_PGBENCH: usize = 64;
const PAIRS: usize = 3;
const CELL: Duration = Duration::from_secs(2);
/// The part of the processors' time above which other work has disturbed a pair.
const DISTURBED: f64 = 0.05;

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let endpoints: [(&str, Ask, Script); 4] = [
        ("info", Caller::info, statements::info),
        ("validate", Caller::validate, statements::validate),
        ("store", Caller::store, statements::store),
        ("update", Caller::update, statements::update),
    ];
    println!("{PAIRS} pairs of {CELL:?}, medians; memory at rest {} MB", server.memory());
    println!("*: other work took more than {:.0} % of the processors", 100.0 * DISTURBED);
    println!(
        "{:<9} {:>7} {:>9} {:>9} {:>6} {:>7} {:>14} {:>21} {:>4}   pairs",
        "",
        "clients",
        "pgbench/s",
        "service/s",
        "ratio",
        "p50 ms",
        "p99 ms svc/pgb",
        "CPU ms srv/db/load",
        "MB"
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
    /// Before and after.
    pgbench: [Runs; 2],
    service: Outcome,
    server_time: Duration,
    database_time: Duration,
    load_time: Duration,
    is_disturbed: bool,
}

impl Cell<'_> {
    fn measure(&self, request: &Request) {
        let mut pairs: Vec<_> = (0..PAIRS).map(|_| self.pair(request)).collect();
        pairs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let all: Vec<_> = pairs.iter().map(Pair::shown).collect();
        let median = &pairs[PAIRS / 2];
        let service = &median.service;
        let each = |time: Duration| time.as_secs_f64() * 1000.0 / service.done.len() as f64;
        println!(
            "{:<9} {:>7} {:>9.0} {:>9.0} {:>6.2} {:>7.2} {:>7.2}/{:<6.2} {:>7.3}/{:.3}/{:.3}   {:>4}   {}",
            self.name,
            self.clients,
            median.pgbench_rate(),
            service.rate(),
            median.ratio(),
            percentile(&service.done, 0.5),
            percentile(&service.done, 0.99),
            median.pgbench.iter().map(|runs| runs.p99).sum::<f64>() / 2.0,
            each(median.server_time),
            each(median.database_time),
            each(median.load_time),
            self.server.memory(),
            all.join(" "),
        );
    }

    /// `pgbench` before and after, so that a machine that changes its speed changes it for both.
    fn pair(&self, request: &Request) -> Pair {
        let Self { server, name, clients, script } = self;
        let (begun, used) = (Instant::now(), Used::now(server));
        let of_pgbench = MOST_OF_PGBENCH.min(*clients);
        let before = pgbench::run(server, script, of_pgbench, CELL);
        let idle = Used::now(server);
        let service = load::on_one_thread(load::closed_loop(server.address, *clients, CELL, request.clone()));
        let served = Used::now(server);
        let after = pgbench::run(server, script, of_pgbench, CELL);
        let of_others = Used::now(server).of_others().saturating_sub(used.of_others());
        assert_eq!(
            (service.refused.len(), service.failed),
            (0, 0),
            "{name}: a wrong answer is no throughput"
        );
        let processors = thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        Pair {
            pgbench: [before, after],
            service,
            server_time: served.server - idle.server,
            database_time: served.database - idle.database,
            load_time: served.load - idle.load,
            is_disturbed: of_others.as_secs_f64() > DISTURBED * processors * begun.elapsed().as_secs_f64(),
        }
    }
}

/// Processor time until now.
struct Used {
    server: Duration,
    database: Duration,
    load: Duration,
    machine: Duration,
}

impl Used {
    fn now(server: &Server) -> Self {
        Self {
            server: server.processor_time(),
            database: server.database_processor_time(),
            load: processes::own_processor_time(),
            machine: processes::machine_processor_time(),
        }
    }

    fn of_others(&self) -> Duration {
        self.machine.saturating_sub(self.server + self.database + self.load)
    }
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.service.rate() / self.pgbench_rate()
    }

    fn pgbench_rate(&self) -> f64 {
        self.pgbench.iter().map(|runs| runs.per_second).sum::<f64>() / self.pgbench.len() as f64
    }

    fn shown(&self) -> String {
        format!("{:.2}{}", self.ratio(), if self.is_disturbed { "*" } else { "" })
    }
}
