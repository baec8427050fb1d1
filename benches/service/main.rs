//! What the service makes of the machine it runs on, next to what PostgreSQL alone makes of it in the same minutes.
//!
//!   cargo bench --bench service [-- throughput | costs | overload | neighbour | stalled | growth | import | peers]
//!
//! `peers`, the same endpoints in other languages, wants their packages (`benches/peers/install`) and runs only when
//! named. So do `growth` and `import`, which take minutes.
//!
//! Server, database and load share the processors: compare what one run says, never two machines. Every figure is
//! printed with what it is a ratio of. `AZOTTE_BENCH_SERVER` names another build of the program to measure. Wants
//! PostgreSQL's programs, `pgbench` among them, and `ulimit -n` above 10,200 for `stalled`.

mod costs;
mod growth;
mod import;
mod load;
mod neighbour;
mod overload;
mod peer;
mod peer_answers;
mod peers;
mod pgbench;
mod processes;
mod requests;
mod server;
mod stalled;
mod statements;
mod throughput;

use server::Server;

type Bench = fn(&Server);

#[derive(PartialEq)]
enum When {
    ByDefault,
    Named,
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let benches: [(&str, When, Bench); 8] = [
        ("throughput", When::ByDefault, throughput::run),
        ("costs", When::ByDefault, costs::run),
        ("overload", When::ByDefault, overload::run),
        ("neighbour", When::ByDefault, neighbour::run),
        ("stalled", When::ByDefault, stalled::run),
        ("growth", When::Named, growth::run),
        ("import", When::Named, import::run),
        ("peers", When::Named, peers::run),
    ];
    let server = Server::start();
    for (name, when, bench) in benches {
        let is_default = wanted.is_empty() && when == When::ByDefault;
        if is_default || wanted.iter().any(|wanted| wanted == name) {
            println!("\n{name}");
            bench(&server);
        }
    }
}
