//! Whether a server can listen, or one of ours does already.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
};

use super::finding::Outcome;
use crate::cli::health;

/// `setting` names the address in messages.
pub fn check(setting: &str, address: SocketAddr) -> Outcome {
    match TcpListener::bind(address) {
        Ok(_) => Outcome::Fine(format!("{address} is free")),
        Err(error) if is_our_server(&error, address) => {
            Outcome::Fine(format!("a server of ours answers at {address}"))
        }
        Err(error) => wrong(setting, &error, address),
    }
}

/// Where no address is set, a server finds one.
pub fn check_for_operators(address: Option<SocketAddr>) -> Outcome {
    match address {
        Some(address) => check("AZOTTE_OPS_LISTEN", address),
        None => Outcome::Fine("the usual address, or a free port".to_owned()),
    }
}

fn is_our_server(error: &io::Error, address: SocketAddr) -> bool {
    error.kind() == ErrorKind::AddrInUse && health::lives(health::from_here(address))
}

fn wrong(setting: &str, error: &io::Error, address: SocketAddr) -> Outcome {
    match error.kind() {
        ErrorKind::AddrInUse => Outcome::wrong(
            "listen_in_use",
            format!("another program listens on {address}; stop it, or change {setting}"),
        ),
        ErrorKind::AddrNotAvailable => Outcome::wrong(
            "listen_unavailable",
            format!("{address} is no address of this machine; change {setting}"),
        ),
        ErrorKind::PermissionDenied => Outcome::wrong(
            "listen_forbidden",
            format!("this user may not listen on {address}; change {setting} to a port above 1023"),
        ),
        _ => Outcome::wrong("listen_failed", format!("cannot listen on {address}; change {setting}")),
    }
}
