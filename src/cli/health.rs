//! `health`: asks the server on this machine whether it lives; for containers, which have nothing else to ask with.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::config::ServeConfig;

/// Of connecting, and of each wait after it.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Args)]
pub struct HealthArgs {
    /// Ask whether it can serve, its database included
    #[arg(long)]
    ready: bool,
}

/// An error where the answer is not 200, or none comes.
pub fn run(serve: &ServeConfig, output: Output, arguments: &HealthArgs) -> anyhow::Result<()> {
    let path = if arguments.ready { "/health/ready" } else { "/health/live" };
    let address = from_here(serve.listen);
    let url = format!("http://{address}{path}");
    let line = first_line(address, path).with_context(|| format!("{url} does not answer"))?;
    let status = line.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "{url} answers {status}");
    output.one(&json!({ "url": url, "status": 200 }), &format!("{url} answers 200."))?;
    Ok(())
}

/// Where a client on this machine finds a server that listens on `address`, which may mean every address it has.
pub fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Whether a server of this program answers at `address`.
pub fn lives(address: SocketAddr) -> bool {
    answer(address, "/health/live").is_ok_and(|answer| answer.contains(r#""status":"live""#))
}

fn first_line(address: SocketAddr, path: &str) -> io::Result<String> {
    let answer = answer(address, path)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

fn answer(address: SocketAddr, path: &str) -> io::Result<String> {
    const LONGEST: u64 = 4096;
    let mut server = TcpStream::connect_timeout(&address, PATIENCE)?;
    server.set_read_timeout(Some(PATIENCE))?;
    server.set_write_timeout(Some(PATIENCE))?;
    server.write_all(
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = String::new();
    server.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer)
}
