//! Requests a second as a ratio to those of the programs in `benches/peers`, on the same database.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use crate::{
    load::{self, Outcome, Request, percentile},
    peer::{
        Interpreter::{Installed, OfTheMachine},
        Peer, Program,
    },
    peer_answers,
    requests::Caller,
    server::Server,
};

const PROGRAMS: [Program; 3] = [
    Program {
        name: "fastify",
        interpreter: OfTheMachine("node"),
        script: "node/fastify.js",
        installed: "node/node_modules",
    },
    Program {
        name: "express",
        interpreter: OfTheMachine("node"),
        script: "node/express.js",
        installed: "node/node_modules",
    },
    Program {
        name: "fastapi",
        interpreter: Installed("python/.venv/bin/python"),
        script: "python/app.py",
        installed: "python/.venv/bin/uvicorn",
    },
];
type Ask = fn(&Caller) -> Vec<u8>;

const ENDPOINTS: [(&str, Ask); 3] =
    [("info urn", Caller::info), ("info exId", Caller::info_by_external_id), ("store", Caller::store)];
const CLIENTS: [usize; 2] = [16, 64];
const PAIRS: usize = 3;
const CELL: Duration = Duration::from_secs(2);

pub fn run(server: &Server) {
    println!("{PAIRS} pairs of {CELL:?}, medians; ours / the peer's");
    println!(
        "{:<8} {:<9} {:>7} {:>15} {:>6} {:>15} {:>15} {:>15}   pairs",
        "", "", "clients", "done/s", "ratio", "p50 ms", "p99 ms", "CPU ms"
    );
    for program in PROGRAMS {
        if !program.is_installed() {
            println!("{:<8} is not installed: benches/peers/install", program.name);
            continue;
        }
        let peer = program.start(server);
        load::on_one_thread(peer_answers::check(server, &peer));
        for (endpoint, ask) in ENDPOINTS {
            let acme = Caller::acme();
            let request: Request = Arc::new(move || ask(&acme));
            for clients in CLIENTS {
                Cell { server, peer: &peer, endpoint, clients, request: &request }.measure();
            }
        }
    }
}

/// One line of the table.
struct Cell<'a> {
    server: &'a Server,
    peer: &'a Peer,
    endpoint: &'static str,
    clients: usize,
    request: &'a Request,
}

struct Pair {
    ours: Run,
    theirs: Run,
}

/// What the clients were told, and the processor time of the program that told them.
struct Run {
    outcome: Outcome,
    time: Duration,
}

impl Cell<'_> {
    fn measure(&self) {
        // The first requests of a kind are compiled and prepared.
        self.theirs();
        let mut pairs: Vec<_> = (0..PAIRS).map(|_| self.pair()).collect();
        pairs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let all: Vec<_> = pairs.iter().map(|pair| format!("{:.2}", pair.ratio())).collect();
        let Pair { ours, theirs } = &pairs[PAIRS / 2];
        let both = |figure: fn(&Run) -> String| format!("{} / {}", figure(ours), figure(theirs));
        println!(
            "{:<8} {:<9} {:>7} {:>15} {:>6.2} {:>15} {:>15} {:>15}   {}",
            self.peer.name,
            self.endpoint,
            self.clients,
            both(|run| format!("{:.0}", run.outcome.rate())),
            pairs[PAIRS / 2].ratio(),
            both(|run| format!("{:.2}", percentile(&run.outcome.done, 0.5))),
            both(|run| format!("{:.2}", percentile(&run.outcome.done, 0.99))),
            both(|run| format!("{:.3}", run.time_of_each())),
            all.join(" "),
        );
    }

    /// Ours before and after, so that a machine that changes its speed changes it for both.
    fn pair(&self) -> Pair {
        let mut ours = self.ours();
        let theirs = self.theirs();
        ours.add(self.ours());
        Pair { ours, theirs }
    }

    fn ours(&self) -> Run {
        self.run(self.server.address, || self.server.processor_time())
    }

    fn theirs(&self) -> Run {
        self.run(self.peer.address, || self.peer.processor_time())
    }

    fn run(&self, address: SocketAddr, processor_time: impl Fn() -> Duration) -> Run {
        let used = processor_time();
        let load = load::closed_loop(address, self.clients, CELL, self.request.clone());
        let outcome = load::on_one_thread(load);
        let time = processor_time() - used;
        let wrong = (outcome.refused.len(), outcome.failed);
        assert_eq!(wrong, (0, 0), "{}: a wrong answer is no throughput", self.endpoint);
        Run { outcome, time }
    }
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.ours.outcome.rate() / self.theirs.outcome.rate()
    }
}

impl Run {
    fn add(&mut self, other: Self) {
        self.outcome.add(other.outcome);
        self.time += other.time;
    }

    /// Processor time of a request, in milliseconds.
    fn time_of_each(&self) -> f64 {
        self.time.as_secs_f64() * 1000.0 / self.outcome.done.len() as f64
    }
}
