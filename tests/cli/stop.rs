//! Told to stop, the server answers what it has begun and takes its database down with it.

use std::{net::TcpStream, process::Stdio, thread, time::Duration};

use sqlx::{Connection, PgConnection};

use crate::support::{Client, Folder, Program, Server, eventually, signal};

#[tokio::test]
async fn a_terminated_server_answers_the_request_under_way() {
    answers_the_request_under_way("TERM").await;
}

#[tokio::test]
async fn an_interrupted_server_answers_the_request_under_way() {
    answers_the_request_under_way("INT").await;
}

/// The request is held up by a lock on its table, which is let go once the server takes no more connections.
async fn answers_the_request_under_way(signal: &str) {
    let folder = Folder::with_database();
    let patient = ["--db-lock-timeout-ms", "60000", "--db-statement-timeout-ms", "60000"];
    let mut server = Server::start_with(&Program::in_folder(&folder), &patient);
    let mut database = PgConnection::connect(&folder.database_url()).await.unwrap();
    let mut lock = database.begin().await.unwrap();
    sqlx::query("lock table customers in access exclusive mode").execute(&mut *lock).await.unwrap();

    let acme = server.acme();
    let request = thread::spawn(move || acme.store("crm-1"));
    let mut observer = PgConnection::connect(&folder.database_url()).await.unwrap();
    while !is_anybody_waiting(&mut observer).await {
        assert!(!request.is_finished(), "the request did not meet the lock");
        tokio::task::yield_now().await;
    }
    server.signal(signal);
    let address = server.address();
    eventually("the server takes no more connections", || TcpStream::connect(address).is_err().then_some(()));
    assert!(!request.is_finished());
    lock.commit().await.unwrap();

    let reply = request.join().unwrap().unwrap();
    assert_eq!((reply.status, reply.message_code().as_str()), (200, "SUCCESS"));
    assert!(server.wait().success());
    drop((database, observer));
    folder.wait_until_database_is_gone();
    assert!(server.stderr().contains("stopping"), "{}", server.stderr());

    let again = Server::start(&folder);
    assert_eq!(stored(&again.acme(), "crm-1"), 200);
}

#[tokio::test]
async fn a_server_that_cannot_get_to_its_start_stops() {
    let folder = Folder::with_database();
    let _hold = folder.hold_database();
    let mut database = PgConnection::connect(&folder.database_url()).await.unwrap();
    let mut lock = database.begin().await.unwrap();
    sqlx::query("lock table _sqlx_migrations in access exclusive mode").execute(&mut *lock).await.unwrap();
    let mut command = Program::in_folder(&folder).command();
    command
        .args(["--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let mut observer = PgConnection::connect(&folder.database_url()).await.unwrap();
    while !is_anybody_waiting(&mut observer).await {
        assert!(server.try_wait().unwrap().is_none(), "the start did not meet the lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    signal(server.id(), "TERM");

    assert!(eventually("the server ends", || server.try_wait().unwrap()).success());
    lock.rollback().await.unwrap();
}

async fn is_anybody_waiting(observer: &mut PgConnection) -> bool {
    let waiting = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')";
    sqlx::query_scalar(waiting).fetch_one(observer).await.unwrap()
}

fn stored(client: &Client, external_id: &str) -> u16 {
    client.info(&format!("exId={external_id}")).unwrap().status
}
