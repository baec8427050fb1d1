//! A million new customers by bulk requests, two at a time, as a tenant's first load comes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{requests::Caller, server::Server};

const CUSTOMERS: usize = 1_000_000;
const FILE: usize = 10_000;
/// As many as one tenant may send.
const AT_ONCE: usize = 2;
/// Files between two lines that are printed.
const PRINTED: usize = 10;

pub fn run(server: &Server) {
    let acme = Caller::acme();
    let (start, mut since) = (Instant::now(), Instant::now());
    let used = (server.processor_time(), server.database_processor_time());
    println!("{:>9} {:>9} {:>6}", "lines", "lines/s", "MB");
    for first in (0..CUSTOMERS / FILE).step_by(PRINTED) {
        let files: Vec<_> = (first..first + PRINTED).map(|file| acme.import(file * FILE, FILE)).collect();
        thread::scope(|scope| {
            for part in files.chunks(PRINTED / AT_ONCE) {
                scope.spawn(|| part.iter().for_each(|file| send(server.address, file)));
            }
        });
        let lines = PRINTED * FILE;
        let rate = lines as f64 / since.elapsed().as_secs_f64();
        println!("{:>9} {rate:>9.0} {:>6}", first * FILE + lines, server.memory());
        since = Instant::now();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / CUSTOMERS as f64;
    println!(
        "{CUSTOMERS} in {:.0} s; processor time of a line, server and database: {:.0} / {:.0} µs",
        start.elapsed().as_secs_f64(),
        each(server.processor_time() - used.0),
        each(server.database_processor_time() - used.1),
    );
}

fn send(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("the server");
    stream.write_all(request).expect("it takes the body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains(&format!("\"created\":{FILE},")), "{}", answer.get(..1000).unwrap_or(&answer));
}
