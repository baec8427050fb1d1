//! Ten thousand connections that begin a request and say no more, and one client that goes on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    load::{self, Outcome, Request, percentile},
    requests::Caller,
    server::Server,
};

const STALLED: usize = 10_000;
/// Two of them are over before the first connection is closed.
const CELL: Duration = Duration::from_secs(4);
/// How long any of them may stay, by the defaults, and then some.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let request: Request = Arc::new(move || acme.info());
    let good = || load::open_loop(server.address, 4, 200.0, CELL, request.clone());
    load::on_one_thread(async {
        let alone = good().await;
        let (memory, start) = (server.memory(), Instant::now());
        let (stalled, meanwhile) = tokio::join!(stall(server), good());
        let beside = good().await;
        let crowded = server.memory();
        let closed = stalled.join_all().await.into_iter().filter(|closed| *closed).count();
        let last = start.elapsed().as_secs_f64();
        tell("alone", &alone, &alone);
        tell("while they come", &meanwhile, &alone);
        tell("while they stay", &beside, &alone);
        println!("{closed} of {STALLED} closed by the server, the last {last:.1} s after the first came");
        println!("memory {memory} MB, {crowded} MB with them");
    });
}

/// Each ends with whether the server closed it.
async fn stall(server: &Server) -> JoinSet<bool> {
    let mut stalled = JoinSet::new();
    for _ in 0..STALLED {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(b"GET /api/c2a/customer/info HTTP/1.1\r\nhost: ").await.expect("half a head");
        stalled.spawn(async move {
            let mut answer = Vec::new();
            tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.is_ok()
        });
    }
    stalled
}

fn tell(when: &str, good: &Outcome, alone: &Outcome) {
    let [p50, p99] = [0.5, 0.99].map(|part| percentile(&good.done, part));
    println!(
        "good client {when}: p50 {p50:.2} ms, p99 {p99:.2} ms ({:.2} and {:.2} of alone), {} answers no",
        p50 / percentile(&alone.done, 0.5),
        p99 / percentile(&alone.done, 0.99),
        good.refused.len() + good.failed,
    );
}
