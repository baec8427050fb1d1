//! The negative control: where commits are not flushed before they are acknowledged, the same load under the same
//! kind of crash is seen to lose.

use sqlx::{Connection, PgConnection};

use crate::{
    checker::{Contents, faults},
    load::Load,
    machine::{Machine, poll},
};

/// One is nearly always enough.
const ROUNDS: u64 = 10;
const ACKNOWLEDGED: usize = 60;

#[test]
fn without_synchronous_commit_a_power_cut_loses_what_was_acknowledged() {
    let mut machine = Machine::start();
    switch_synchronous_commit_off(&machine.database_url());
    for round in 1..=ROUNDS {
        let load = Load::start(machine.address(), round);
        poll("writes are acknowledged", || (load.acknowledged() >= ACKNOWLEDGED).then_some(()));
        machine.cut_power();
        let writes = load.stop();
        machine.start_server();
        let found = faults(&writes, &Contents::read(&machine.database_url()));
        let lost = found.iter().filter(|fault| fault.contains("acknowledged, and lost")).count();
        if lost > 0 {
            println!("round {round}: {lost} acknowledged writes lost");
            return;
        }
    }
    panic!("{ROUNDS} power cuts lost nothing: the test would not have seen it");
}

/// And long before anybody flushes: the crash comes first.
fn switch_synchronous_commit_off(database_url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(database_url).await.unwrap();
        for statement in [
            "alter system set synchronous_commit = off",
            "alter system set wal_writer_delay = '10s'",
            "select pg_reload_conf()",
        ] {
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
    });
}
