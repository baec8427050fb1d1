//! Names by which this machine may be asked: a page in a browser can give a name of its own to 127.0.0.1 (DNS rebinding), and
//! would read what only this machine may read.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::headers::single;

/// Where `address` is of this machine alone, answers 421 to a request for another host.
pub async fn only(State(address): State<SocketAddr>, request: Request, next: Next) -> Response {
    if !address.ip().is_loopback() || is_own(&request) {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

fn is_own(request: &Request) -> bool {
    let sent = single(request.headers(), HOST).and_then(|host| host.parse::<Authority>().ok());
    // HTTP/2 names it in the URI.
    let authority = sent.as_ref().or(request.uri().authority());
    authority.is_some_and(|authority| is_loopback(authority.host()))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["rebound.example", "localhost.example", "192.0.2.1", "[2001:db8::1]", "127.0.0.1.example", ""]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
