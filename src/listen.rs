//! The addresses a server listens on: one for customers, one for operators.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
};

use anyhow::Context;
use tokio::net::TcpSocket;

const OPS_LISTEN: &str = "AZOTTE_OPS_LISTEN";
const OPERATORS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);
const ANY_PORT: SocketAddr = SocketAddr::new(OPERATORS.ip(), 0);

/// Holds the address, without taking connections yet.
pub fn reserve(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    bind(address).with_context(|| taken("AZOTTE_LISTEN", address))
}

/// Like the standard library, with a longer backlog for clients that connect at the same time.
pub fn listen(socket: TcpSocket, address: SocketAddr) -> anyhow::Result<TcpListener> {
    const BACKLOG: u32 = 4096;
    let listener = socket.listen(BACKLOG).and_then(|listener| listener.into_std());
    listener.with_context(|| taken("AZOTTE_LISTEN", address))
}

/// Where no address is set, and the usual one is taken, a free port will do: several servers may run on one machine.
pub fn reserve_for_operators(address: Option<SocketAddr>) -> anyhow::Result<TcpSocket> {
    match address {
        Some(address) => bind(address).with_context(|| taken(OPS_LISTEN, address)),
        None => bind(OPERATORS).or_else(|_| bind(ANY_PORT)).context("no port is free for operators"),
    }
}

/// As [`listen`], of what [`reserve_for_operators`] returned for the same `address`.
pub fn listen_for_operators(socket: TcpSocket, address: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    const BACKLOG: u32 = 64;
    let listener = socket.listen(BACKLOG);
    let listener = match address {
        Some(address) => listener.with_context(|| taken(OPS_LISTEN, address)),
        // Two servers that start together can hold the same address until one of them listens.
        None => {
            listener.or_else(|_| bind(ANY_PORT)?.listen(BACKLOG)).context("no port is free for operators")
        }
    };
    Ok(listener?.into_std()?)
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn taken(setting: &str, address: SocketAddr) -> String {
    format!("{setting}: cannot listen on {address}; is a server running there already?")
}
