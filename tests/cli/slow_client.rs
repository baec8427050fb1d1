//! A client that does not get to the end of its request's head does not keep its connection.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::support::{Folder, Program, Server};

#[test]
fn a_connection_without_a_whole_request_head_is_closed() {
    let folder = Folder::with_database();
    let server = Server::start_with(&Program::in_folder(&folder), &["--header-timeout-s", "1"]);
    let beginnings = [
        "POST /api/c2a/customer/store HTTP/1.1\r\nhost: localhost\r\nx-api-",
        "GET /health/live HTTP/1.1\r\n",
        "G",
        "",
        // How HTTP/2 begins.
        "PRI * HTTP/2.0\r\n",
    ];
    thread::scope(|scope| {
        for begun in beginnings {
            scope.spawn(|| assert_closed(server.address(), begun));
        }
    });
    assert_eq!(server.acme().get("/health/live").unwrap().status, 200);
}

fn assert_closed(address: SocketAddr, begun: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(begun.as_bytes()).unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("still open after {begun:?}: {error}"),
    }
}
