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
    load::{self, Request, percentile},
    requests::Caller,
    server::Server,
};

const STALLED: usize = 10_000;
const CELL: Duration = Duration::from_secs(5);
/// How long any of them may stay, by the defaults, and then some.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let request: Request = Arc::new(move || acme.info());
    let good = || load::open_loop(server.address, 4, 200.0, CELL, request.clone());
    load::on_one_thread(async {
        let alone = good().await;
        let (memory, start) = (server.memory(), Instant::now());
        let mut stalled = JoinSet::new();
        for _ in 0..STALLED {
            let mut stream = TcpStream::connect(server.address).await.expect("a connection");
            stream.write_all(b"GET /api/c2a/customer/info HTTP/1.1\r\nhost: ").await.expect("half a head");
            stalled.spawn(async move {
                let mut answer = Vec::new();
                let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
                closed.is_ok()
            });
        }
        println!("{STALLED} connections after {:.1} s", start.elapsed().as_secs_f64());
        let beside = good().await;
        let crowded = server.memory();
        let closed = stalled.join_all().await.into_iter().filter(|closed| *closed).count();
        println!(
            "good client alone p50 {:.2} p99 {:.2} ms; beside p50 {:.2} p99 {:.2} ms: ratios {:.2} {:.2}; {} of {} \
             answers no",
            percentile(&alone.done, 0.5),
            percentile(&alone.done, 0.99),
            percentile(&beside.done, 0.5),
            percentile(&beside.done, 0.99),
            percentile(&beside.done, 0.5) / percentile(&alone.done, 0.5),
            percentile(&beside.done, 0.99) / percentile(&alone.done, 0.99),
            beside.refused.len() + beside.failed,
            beside.done.len() + beside.refused.len() + beside.failed,
        );
        println!(
            "{closed} of {STALLED} closed by the server, the last after {:.1} s; memory {memory} MB, {crowded} MB \
             with them",
            start.elapsed().as_secs_f64()
        );
    });
}
