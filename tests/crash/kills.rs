//! Kill after kill of whatever there is to kill, and nothing that was acknowledged is gone.

use std::{env, thread, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    checker::{Contents, faults},
    history::{Outcome, Write},
    load::Load,
    machine::{Machine, poll},
};

#[derive(Clone, Copy, Debug)]
enum Kill {
    Server,
    Backend,
    Postmaster,
    Everything,
}

const KILLS: [Kill; 4] = [Kill::Server, Kill::Backend, Kill::Postmaster, Kill::Everything];
const CYCLES: usize = 12;
/// Acknowledged writes between two kills, at least: each meets a system under load.
const PROGRESS: usize = 30;

#[test]
fn what_was_acknowledged_survives_every_kill_and_what_was_refused_never_was() {
    let seed: u64 = setting("AZOTTE_CRASH_SEED").unwrap_or_else(rand::random);
    let cycles = setting("AZOTTE_CRASH_CYCLES").unwrap_or(CYCLES);
    println!("AZOTTE_CRASH_SEED={seed} AZOTTE_CRASH_CYCLES={cycles}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut machine = Machine::start();
    let load = Load::start(machine.address(), seed);

    for cycle in 0..cycles {
        make_progress(&load);
        thread::sleep(Duration::from_micros(random.random_range(0..300_000)));
        // Each kind as often as the others, in an order of its own.
        perform(KILLS[cycle % KILLS.len()], &mut machine, &load);
    }
    make_progress(&load);
    let writes = load.stop();

    let contents = Contents::read(&machine.database_url());
    println!("{}; {} rows, {} events", summary(&writes), contents.rows.len(), contents.events.len());
    let faults = faults(&writes, &contents);
    assert!(faults.is_empty(), "AZOTTE_CRASH_SEED={seed}: {} faults:\n{}", faults.len(), faults.join("\n"));
}

fn perform(kill: Kill, machine: &mut Machine, load: &Load) {
    match kill {
        Kill::Backend => poll("a backend", || machine.kill_backend()),
        // The server starts it again.
        Kill::Postmaster => poll("a postmaster", || machine.kill_postmaster()),
        Kill::Server => {
            machine.kill_server();
            machine.start_server();
        }
        Kill::Everything => {
            machine.cut_power();
            machine.start_server();
        }
    }
    load.redirect(machine.address());
}

fn make_progress(load: &Load) {
    let before = load.acknowledged();
    poll("writes are acknowledged", || (load.acknowledged() >= before + PROGRESS).then_some(()));
}

fn summary(writes: &[Write]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| writes.iter().filter(|write| wanted(&write.outcome)).count();
    format!(
        "{} acknowledged, {} refused, {} unknown",
        count(|outcome| matches!(outcome, Outcome::Acknowledged { .. })),
        count(|outcome| matches!(outcome, Outcome::Refused(_))),
        count(|outcome| matches!(outcome, Outcome::Unknown)),
    )
}

pub fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().and_then(|value| value.parse().ok())
}
