//! The addresses a server listens on: one for customers, one for operators.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use anyhow::Context;
use tokio::net::TcpSocket;

const OPERATORS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8081);

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
pub fn for_operators(address: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    let listen = |address| bind(address)?.listen(64)?.into_std();
    if let Some(address) = address {
        return listen(address).with_context(|| taken("AZOTTE_OPS_LISTEN", address));
    }
    let usual: io::Result<TcpListener> = listen(OPERATORS);
    usual.or_else(|_| listen(SocketAddr::new(OPERATORS.ip(), 0))).context("no port is free for operators")
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
