//! Whether a request costs more the more customers there are. The largest number is `AZOTTE_BENCH_CUSTOMERS`, or a
//! million.

use std::{sync::Arc, time::Duration};

use crate::{
    load::{self, Request, percentile},
    pgbench,
    requests::Caller,
    server::Server,
    statements,
};

const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const CLIENTS: usize = 16;
const CELL: Duration = Duration::from_secs(2);
const PAIRS: usize = 3;

pub fn run(server: &Server) {
    let largest = std::env::var("AZOTTE_BENCH_CUSTOMERS").ok().and_then(|text| text.parse().ok());
    let largest = largest.unwrap_or(1_000_000);
    println!("{PAIRS} pairs of {CELL:?}, {CLIENTS} clients, medians");
    println!(
        "{:<9} {:>10} {:>9} {:>9} {:>6} {:>7} {:>7}",
        "", "customers", "pgbench/s", "service/s", "ratio", "p50 ms", "p99 ms"
    );
    for size in SIZES.into_iter().filter(|size| *size <= largest) {
        server.fill_to(size);
        let acme = Caller::acme().of(size);
        let store = acme.clone();
        measure(server, "info", size, &(Arc::new(move || acme.info()) as Request), &statements::info());
        measure(server, "store", size, &(Arc::new(move || store.store()) as Request), &statements::store());
    }
}

fn measure(server: &Server, name: &str, size: u32, request: &Request, script: &str) {
    let mut pairs: Vec<_> = (0..PAIRS)
        .map(|_| {
            let pgbench = pgbench::run(server, script, CLIENTS, CELL).per_second;
            let load = load::closed_loop(server.address, CLIENTS, CELL, request.clone());
            let service = load::on_one_thread(load);
            assert_eq!(
                (service.refused.len(), service.failed),
                (0, 0),
                "{name}: a wrong answer is no throughput"
            );
            (service.rate() / pgbench, pgbench, service)
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, pgbench, service) = &pairs[PAIRS / 2];
    println!(
        "{name:<9} {size:>10} {pgbench:>9.0} {:>9.0} {ratio:>6.2} {:>7.2} {:>7.2}",
        service.rate(),
        percentile(&service.done, 0.5),
        percentile(&service.done, 0.99),
    );
}
