//! A server whose answer is lost has done the work all the same.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use serde_json::{Value, json};

use super::csv;
use crate::support::{Folder, KEY, Program, Server, TENANT};

#[test]
fn lines_whose_answer_was_lost_are_sent_again_and_are_no_failures() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let address = losing_the_answer_to(2, server.address());
    let elsewhere = Folder::create();
    elsewhere.write("customers.csv", &csv(20));
    let program = Program::in_folder(&elsewhere).with("AZOTTE_API_KEY", KEY);

    let url = format!("http://{address}");
    let outcome = program.run(&[
        "import",
        "customers.csv",
        "--url",
        &url,
        "--tenant",
        TENANT,
        "--batch-lines",
        "5",
        "--json",
    ]);

    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["outcomes"], json!({ "created": 20 }), "{outcome:?}");
}

/// Passes everything on, but closes the connection once the answer to the bulk request of this number begins.
fn losing_the_answer_to(number: usize, server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut asked = 0;
        for client in listener.incoming().map_while(Result::ok) {
            pass_on(client, TcpStream::connect(server).unwrap(), number, &mut asked);
        }
    });
    address
}

/// One connection: a request, its answer, and again.
fn pass_on(mut client: TcpStream, mut server: TcpStream, number: usize, asked: &mut usize) {
    let (mut buffer, mut from_server) = ([0; 64 * 1024], server.try_clone().unwrap());
    client.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
    from_server.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
    loop {
        match client.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                *asked += buffer[..read].windows(8).filter(|text| text == b"POST /ap").count();
                server.write_all(&buffer[..read]).unwrap();
            }
            Err(_) => {}
        }
        match from_server.read(&mut buffer) {
            Ok(0) => return,
            // The server has carried it out.
            Ok(_) if *asked == number => {
                *asked += 1;
                return;
            }
            Ok(read) => client.write_all(&buffer[..read]).unwrap(),
            Err(_) => {}
        }
    }
}
