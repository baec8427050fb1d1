//! What the service makes of the machine it runs on, next to what PostgreSQL alone makes of it in the same minutes.
//!
//!   cargo bench --bench service [-- throughput | overload | neighbour | stalled]
//!
//! Server, database and load share the processors: compare what one run says, never two machines. Every figure is
//! printed with what it is a ratio of. `AZOTTE_BENCH_SERVER` names another build of the program to measure. Wants
//! PostgreSQL's programs, `pgbench` among them, and `ulimit -n` above 10,200 for `stalled`.

mod load;
mod neighbour;
mod overload;
mod pgbench;
mod processes;
mod requests;
mod server;
mod stalled;
mod statements;
mod throughput;

use server::Server;

type Bench = fn(&Server);

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let benches: [(&str, Bench); 4] = [
        ("throughput", throughput::run),
        ("overload", overload::run),
        ("neighbour", neighbour::run),
        ("stalled", stalled::run),
    ];
    let server = Server::start();
    for (name, bench) in benches {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("\n{name}");
            bench(&server);
        }
    }
}
