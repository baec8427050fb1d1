//! `sourceVersion`: a message that arrives late does not undo a newer one.

use serde_json::{Value, json};

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer, customer_with, merged, sample},
    parallel::all_at_once,
};

fn told(reply: &Reply) -> (u16, Value) {
    (reply.status.as_u16(), reply.json()["outcome"].clone())
}

#[tokio::test]
async fn an_older_message_is_not_applied() {
    let server = Server::start().await;
    let stored = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 5 }))).await;
    assert_eq!(
        (told(&stored), &stored.json()["result"]["sourceVersion"]),
        ((200, json!("created")), &json!(5))
    );
    let named = |name: &str, words: Value| merged(change(&stored.urn(), json!({ "firstName": name })), words);

    let newer = server.acme.update(&named("Six", json!({ "sourceVersion": 6 }))).await;
    assert_eq!(told(&newer), (200, json!("updated")));
    assert_eq!(newer.json()["result"]["sourceVersion"], 6);
    let before = server.counts().await;
    for late in [json!(5), json!(6), json!("6"), json!(0)] {
        let reply = server.acme.update(&named("Late", json!({ "sourceVersion": late }))).await;
        assert_eq!(told(&reply), (200, json!("stale")), "{late}");
        assert_eq!(reply.json()["result"], newer.json()["result"], "the record as it is");
        assert_eq!(reply.header("etag"), Some("\"2\""));
        let refused = named("Late", json!({ "sourceVersion": late, "onStale": "error" }));
        let reply = server.acme.update(&refused).await;
        assert_eq!(reply.outcome(), (409, "STALE_SOURCE_VERSION".to_owned()));
        assert_eq!(reply.errors(), [("sourceVersion".to_owned(), "STALE_SOURCE_VERSION".to_owned())]);
        assert_eq!(reply.json()["status"]["errors"][0]["customerUrn"], stored.urn());
    }
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn a_message_without_a_version_is_applied_and_leaves_it() {
    let server = Server::start().await;
    let urn = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 5 }))).await.urn();

    let plain = server.acme.update(&change(&urn, json!({ "firstName": "Plain" }))).await;
    assert_eq!(plain.json()["result"]["firstName"], "Plain");
    let late = merged(change(&urn, json!({ "firstName": "Late" })), json!({ "sourceVersion": 5 }));
    assert_eq!(told(&server.acme.update(&late).await), (200, json!("stale")));
}

#[tokio::test]
async fn a_record_without_a_version_takes_the_first_that_comes() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();

    let first = merged(change(&urn, json!({ "firstName": "Jane" })), json!({ "sourceVersion": 0 }));
    let reply = server.acme.update(&first).await;

    assert_eq!(
        (told(&reply), &reply.json()["result"]["sourceVersion"]),
        ((200, json!("updated")), &json!(0))
    );
}

/// A to B and back to A: that the third message changes nothing must not let the second in after it.
#[tokio::test]
async fn a_newer_message_that_changes_nothing_keeps_its_version_all_the_same() {
    let server = Server::start().await;
    let urn = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 1 }))).await.urn();
    let before = row(&server).await;
    let named = |name: Value, version| {
        merged(change(&urn, json!({ "firstName": name })), json!({ "sourceVersion": version }))
    };

    let third = server.acme.update(&named(Value::Null, 3)).await;
    assert_eq!(told(&third), (200, json!("unchanged")));
    assert_eq!(
        (&third.json()["result"]["version"], &third.json()["result"]["sourceVersion"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(row(&server).await, merged(before, json!({ "source_version": 3 })), "and nothing else");
    assert_eq!(server.counts().await, (1, 1), "no event");
    assert_eq!(told(&server.acme.update(&named(json!("B"), 2)).await), (200, json!("stale")));
}

#[tokio::test]
async fn the_greatest_version_is_one_of_63_bits_in_digits_too() {
    let server = Server::start().await;

    for (n, greatest) in [json!(i64::MAX), json!(i64::MAX.to_string())].into_iter().enumerate() {
        let body = merged(customer(&format!("crm-{n}")), json!({ "sourceVersion": greatest }));
        let reply = server.acme.store(&body).await;
        assert_eq!(reply.json()["result"]["sourceVersion"], json!(i64::MAX));
    }
}

/// Both are told: first the caller's own wish, then the order of messages, then the rest.
#[tokio::test]
async fn the_order_of_decisions_is_fixed() {
    let server = Server::start().await;
    server.acme.store(&customer_with("crm-2", json!({ "email": "taken@example.com" }))).await;
    let urn = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 5 }))).await.urn();
    let body = |urn: &str, version: i64, properties: Value| {
        let words = json!({ "sourceVersion": version, "onStale": "error" });
        merged(change(urn, properties), words)
    };
    let wrong = || json!({ "email": "taken@example.com", "legalType": "Corporate" });
    let other = server.acme.with("if-match", "\"9\"");

    let decided = [
        other.update(&body("cu.00.1", 1, wrong())).await,
        other.update(&body(&urn, 1, wrong())).await,
        server.acme.update(&body(&urn, 1, wrong())).await,
        server.acme.update(&body(&urn, 6, wrong())).await,
        server.acme.update(&body(&urn, 6, json!({ "email": "taken@example.com" }))).await,
    ];

    let codes = [
        (404, "CUSTOMER_NOT_FOUND"),
        (412, "VERSION_MISMATCH"),
        (409, "STALE_SOURCE_VERSION"),
        (400, "INVALID_REQUEST"),
        (409, "USER_WITH_SAME_EMAIL_EXISTS"),
    ];
    assert_eq!(decided.map(|reply| reply.outcome()), codes.map(|(status, code)| (status, code.to_owned())));
    assert_eq!(row(&server).await["source_version"], 5, "a refused message leaves no version");
}

/// The example of docs/api.md: why a guarded message has to carry the whole record.
#[tokio::test]
async fn of_two_partial_messages_the_older_is_lost_when_it_comes_late() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let email = merged(change(&urn, json!({ "email": "jane@example.com" })), json!({ "sourceVersion": 1 }));
    let phone =
        merged(change(&urn, json!({ "phoneNumber": "+491701234567" })), json!({ "sourceVersion": 2 }));

    assert_eq!(told(&server.acme.update(&phone).await), (200, json!("updated")));
    assert_eq!(told(&server.acme.update(&email).await), (200, json!("stale")));

    let found = server.acme.info(&format!("urn={urn}")).await.json()["result"].clone();
    assert_eq!((&found["phoneNumber"], &found["email"]), (&json!("+491701234567"), &Value::Null));
}

#[tokio::test]
async fn an_erasure_forgets_the_version() {
    let server = Server::start().await;
    let stored = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 5 }))).await;

    server.acme.delete(&json!({ "customerUuid": stored.urn() })).await;

    assert_eq!(row(&server).await["source_version"], Value::Null);
    let again = merged(customer("crm-1"), json!({ "sourceVersion": 1, "onConflict": "replace" }));
    assert_eq!(told(&server.acme.store(&again).await), (200, json!("created")));
}

/// Every order of four messages, one of them once more, at once or at the end: always the record of the newest. The
/// second and the fourth say the same, so that some messages change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_in_any_order_end_in_the_newest_record() {
    let server = Server::start().await;
    let mut sequences = Vec::new();
    for order in permutations(&[1, 2, 3, 4]) {
        for (place, message) in order.iter().enumerate() {
            for again_at in [place + 1, order.len()] {
                let mut sequence = order.clone();
                sequence.insert(again_at, *message);
                sequences.push(sequence);
            }
        }
    }
    assert_eq!(sequences.len(), 24 * 8);

    for (round, some) in sequences.chunks(32).enumerate() {
        let ends = all_at_once(some.iter().enumerate().map(|(n, sequence)| {
            let (acme, sequence) = (server.acme.clone(), sequence.clone());
            async move { (send_all(&acme, &format!("crm-{round}-{n}"), &sequence).await, sequence) }
        }))
        .await;
        for (end, sequence) in ends {
            assert_eq!(end["sourceVersion"], 4, "{sequence:?}");
            assert_eq!((&end["firstName"], &end["lastName"]), (&json!("even"), &Value::Null), "{sequence:?}");
        }
    }
}

/// The record after these messages, each of which carries all of it.
async fn send_all(acme: &Client, external_id: &str, sequence: &[i64]) -> Value {
    let mut last = Value::Null;
    for version in sequence {
        let content = match version % 2 {
            0 => json!({ "firstName": "even" }),
            _ => json!({ "firstName": "odd", "lastName": version.to_string() }),
        };
        let words = json!({ "onConflict": "replace", "sourceVersion": version });
        let reply = acme.store(&merged(customer_with(external_id, content), words)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        last = reply.json()["result"].clone();
    }
    last
}

fn permutations(of: &[i64]) -> Vec<Vec<i64>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let each = of.iter().flat_map(|first| {
        let rest: Vec<_> = of.iter().copied().filter(|other| other != first).collect();
        permutations(&rest).into_iter().map(move |order| [vec![*first], order].concat())
    });
    each.collect()
}

/// Whoever says none of the words is answered as ever, also about a record that has a version.
#[tokio::test]
async fn without_the_words_the_documented_answers_are_the_same_to_the_byte() {
    let server = Server::start().await;
    let nulls = json!({ "onConflict": null, "sourceVersion": null, "onStale": null });

    let stored = server.acme.store(&merged(sample(), nulls.clone())).await;
    assert_documented(&stored, "jane.doe@example.com", "+491701234567", 1);
    let newer = merged(sample(), json!({ "onConflict": "update", "sourceVersion": 7 }));
    assert_eq!(told(&server.acme.store(&newer).await), (200, json!("unchanged")));
    let new = json!({ "email": "jane.new@example.com", "phoneNumber": "+49 170 9999999" });
    for body in [change(&stored.urn(), new.clone()), merged(change(&stored.urn(), new), nulls)] {
        let updated = server.acme.update(&body).await;
        assert_documented(&updated, "jane.new@example.com", "+491709999999", 2);
    }
    let info = server.acme.info("exId=crm-9981273").await.text();
    assert!(!info.contains("sourceVersion") && !info.contains("outcome"), "{info}");
}

/// Byte for byte, but for what differs from call to call.
fn assert_documented(reply: &Reply, email: &str, phone: &str, version: i64) {
    let result = reply.json()["result"].clone();
    let [urn, created, updated] =
        ["customerUrn", "createdAt", "updatedAt"].map(|name| result[name].as_str().unwrap().to_owned());
    let expected = format!(
        r#"{{"result":{{"customerUrn":"{urn}","externalIdentifier":"crm-9981273","email":"{email}","phoneNumber":"{phone}","salutation":"Ms.","firstName":"Jane","lastName":"Doe","gender":"Female","legalType":"Individual","primaryBillingAddress":{{"street":"Hauptstr. 1","city":"Berlin","postalCode":"10115","countryCode":"DE"}},"claimedRegion":{{"countryCode":"DE","languageCode":"de"}},"status":"Active","version":{version},"createdAt":"{created}","updatedAt":"{updated}"}},"status":{{"messageCode":"SUCCESS"}}}}"#
    );
    assert_eq!(reply.text(), expected);
}

/// The newest row of `customers`.
async fn row(server: &Server) -> Value {
    let rows = "select to_jsonb(customers) from customers order by created_at desc limit 1";
    sqlx::query_scalar(rows).fetch_one(&server.pool).await.unwrap()
}
