//! That a peer answers and writes what the server does: otherwise there is nothing to compare.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    load::Connection,
    peer::Peer,
    requests::Caller,
    server::{Server, TENANT},
};

pub async fn check(server: &Server, peer: &Peer) {
    let acme = Caller::acme();
    let mut ours = Asked { name: "the server", connection: Connection::new(server.address) };
    let mut theirs = Asked { name: peer.name, connection: Connection::new(peer.address) };

    let id = format!("stored-by-{}", peer.name);
    let stored = theirs.ask(200, &acme.store_customer(&id)).await;
    assert_eq!(stored["result"]["externalIdentifier"], *id, "{} stored another", peer.name);
    let again = acme.store_customer(&id);
    let taken = ours.ask(409, &again).await["status"]["messageCode"].take();
    assert_eq!(theirs.ask(409, &again).await["status"]["messageCode"], taken, "{}", peer.name);
    assert_eq!(events(server, &stored), "1", "{} writes an event with each customer", peer.name);

    let urn = stored["result"]["customerUrn"].as_str().expect("a URN");
    for query in [format!("urn={urn}"), format!("exId={id}"), "urn=cu.00.1".into(), "exId=bench-2".into()] {
        let request = acme.look_up(&query);
        let [ours, theirs] = [ours.ask(200, &request).await, theirs.ask(200, &request).await];
        assert_eq!(in_milliseconds(ours), in_milliseconds(theirs), "{}: info?{query}", peer.name);
    }
    theirs.ask(404, &acme.look_up("exId=nobody")).await;

    for stranger in [
        Caller::new(&acme.tenant, &acme.key.replace("sample", "simple")),
        Caller::new(&Uuid::new_v4().to_string(), &acme.key),
    ] {
        for request in [stranger.look_up("urn=cu.00.1"), stranger.store_customer("strange")] {
            ours.ask(401, &request).await;
            theirs.ask(401, &request).await;
        }
    }
}

struct Asked {
    name: &'static str,
    connection: Connection,
}

impl Asked {
    /// The body; null where there is none.
    async fn ask(&mut self, expected: u16, request: &[u8]) -> Value {
        let (status, body) = self.connection.answer(request).await.expect(self.name);
        let text = String::from_utf8_lossy(body);
        assert_eq!(status, expected, "{}: {text}", self.name);
        if body.is_empty() { Value::Null } else { serde_json::from_slice(body).expect(&text) }
    }
}

/// How many events there are of the customer's first version.
fn events(server: &Server, stored: &Value) -> String {
    let urn = stored["result"]["customerUrn"].as_str().expect("a URN");
    let number: i64 = urn.trim_start_matches("cu.00.").parse().expect("its number");
    server.sql(&format!(
        "select count(*) from customer_events
         where tenant_id = '{TENANT}' and customer_number = {number} and version = 1 and kind = 'stored'"
    ))
}

/// JavaScript's times are no finer.
fn in_milliseconds(mut answer: Value) -> Value {
    for name in ["createdAt", "updatedAt"] {
        let time: DateTime<Utc> =
            answer["result"][name].as_str().and_then(|time| time.parse().ok()).expect("a time");
        answer["result"][name] = time.timestamp_millis().into();
    }
    answer
}
