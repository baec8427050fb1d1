//! What was acknowledged is there after any crash, and nothing is left running.

use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use crate::support::{Client, Folder, Program, Server, eventually, signal};

const CLIENTS: usize = 4;
const ENOUGH: usize = 100;

/// External ids and URNs the server has answered for.
type Acknowledged = Arc<Mutex<Vec<(String, String)>>>;

#[test]
fn a_killed_server_loses_nothing_it_acknowledged() {
    let folder = Folder::with_database();
    let mut server = Server::start(&folder);
    let acknowledged = Acknowledged::default();
    let clients: Vec<_> =
        (0..CLIENTS).map(|name| store_until_it_fails(name, server.acme(), acknowledged.clone())).collect();
    eventually("customers are stored", || (acknowledged.lock().unwrap().len() >= ENOUGH).then_some(()));
    server.kill();
    clients.into_iter().for_each(|client| client.join().unwrap());
    folder.wait_until_database_is_gone();

    let again = Server::start(&folder);
    let acknowledged = acknowledged.lock().unwrap();
    for (external_id, urn) in acknowledged.iter() {
        assert_eq!(urn_of(&again.acme(), external_id).as_ref(), Some(urn), "{external_id} is lost");
    }
    let events = Program::in_folder(&folder).json(&["audit", "list", "--tenant", "acme", "--limit", "10000"]);
    let subjects: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["subject"]).collect();
    for (external_id, urn) in acknowledged.iter() {
        let count = subjects.iter().filter(|subject| **subject == urn.as_str()).count();
        assert_eq!(count, 1, "{external_id} has no event, or too many");
    }
}

#[test]
fn a_server_whose_database_is_killed_recovers_by_itself() {
    let folder = Folder::with_database();
    let server = Server::start(&folder);
    let acme = server.acme();
    let mut acknowledged = Vec::new();
    for number in 0..20 {
        let external_id = format!("crm-{number}");
        let urn = acme.store(&external_id).unwrap().urn();
        acknowledged.push((external_id, urn));
    }

    let killed = folder.postmaster().unwrap();
    signal(killed, "KILL");
    eventually("another postmaster", || (folder.postmaster()? != killed).then_some(()));
    eventually("the server is ready", || {
        acme.get("/health/ready").ok().filter(|reply| reply.status == 200).map(drop)
    });
    // A broken connection of the pool is found by the statement that meets it.
    eventually("the server stores again", || {
        acme.store("crm-after").ok().filter(|reply| [200, 409].contains(&reply.status)).map(drop)
    });

    for (external_id, urn) in &acknowledged {
        let found = eventually("an answer", || urn_of(&acme, external_id));
        assert_eq!(found, *urn, "{external_id} is lost");
    }
    assert!(server.stderr().contains("runs again"), "{}", server.stderr());
}

fn store_until_it_fails(name: usize, acme: Client, acknowledged: Acknowledged) -> JoinHandle<()> {
    thread::spawn(move || {
        for number in 0.. {
            let external_id = format!("crm-{name}-{number}");
            let Ok(reply) = acme.store(&external_id) else { return };
            if reply.status == 200 {
                acknowledged.lock().unwrap().push((external_id, reply.urn()));
            }
        }
    })
}

fn urn_of(client: &Client, external_id: &str) -> Option<String> {
    let reply = client.info(&format!("exId={external_id}")).unwrap();
    (reply.status == 200).then(|| reply.urn())
}
