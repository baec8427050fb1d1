//! More clients than the server can serve: what it still gets done, and how fast it says no to the others.

use std::{sync::Arc, time::Duration};

use crate::{
    load::{self, Outcome, Request, percentile},
    requests::Caller,
    server::Server,
};

const CELL: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(30);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let request: Request = Arc::new(move || acme.store());
    let ask = |clients, time| {
        load::on_one_thread(load::closed_loop(server.address, clients, time, request.clone()))
    };
    let (mut peak, mut saturating) = (0.0, 0);
    for clients in [16, 32, 64, 128, 256] {
        let outcome = ask(clients, CELL);
        tell(clients, &outcome, peak);
        if outcome.rate() > peak {
            (peak, saturating) = (outcome.rate(), clients);
        }
    }
    println!("peak {peak:.0} stores a second with {saturating} clients");
    let memory = server.memory();
    for clients in [5 * saturating, 1000, 2000] {
        tell(clients, &ask(clients, LONG), peak);
    }
    println!("memory {memory} MB before, {} MB after", server.memory());
    tell(saturating, &ask(saturating, CELL), peak);
}

fn tell(clients: usize, outcome: &Outcome, peak: f64) {
    let Outcome { done, refused, failed, .. } = outcome;
    println!(
        "{clients:>5} clients: {:>6.0}/s done ({:.2} of the peak so far), p50 {:.1} p99 {:.1} ms; \
         {:>6.0}/s refused, p50 {:.1} p99 {:.1} ms; {failed} failed",
        outcome.rate(),
        outcome.rate() / peak,
        percentile(done, 0.5),
        percentile(done, 0.99),
        refused.len() as f64 / outcome.took.as_secs_f64(),
        percentile(refused, 0.5),
        percentile(refused, 0.99),
    );
}
