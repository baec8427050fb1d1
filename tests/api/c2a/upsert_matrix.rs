//! Every word of `onConflict`, with and without a customer, a source version, an `If-Match` and an `Idempotency-Key`.

use serde_json::{Value, json};

use crate::support::{
    Client, Reply, Server,
    bodies::{customer_with, merged},
    parallel::all_at_once,
};

#[derive(Clone, Copy, Debug)]
struct Case {
    on_conflict: Option<&'static str>,
    /// The customer that is there, and its source version.
    holder: Option<Option<i64>>,
    /// `sourceVersion` and `onStale`.
    sent: Option<(i64, &'static str)>,
    if_match: Option<&'static str>,
    /// The message says what is there already.
    is_same: bool,
    is_keyed: bool,
}

/// The answer, and the record after it: version, first name, last name, source version.
#[derive(Debug, PartialEq)]
struct End {
    status: u16,
    code: &'static str,
    outcome: Option<&'static str>,
    record: Option<(i64, &'static str, Option<&'static str>, Option<i64>)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_ends_as_its_words_say() {
    let server = Server::start().await;
    let cases = cases();
    assert_eq!(cases.len(), 5 * 3 * 5 * 3 * 2 * 2);

    for (round, some) in cases.chunks(60).enumerate() {
        let ends = all_at_once(some.iter().enumerate().map(|(n, case)| {
            let (acme, case, id) = (server.acme.clone(), *case, format!("crm-{round}-{n}"));
            async move { (case, id.clone(), run(&acme, case, &id).await) }
        }))
        .await;
        for (case, id, replies) in ends {
            let expected = expected(case);
            for reply in replies {
                let code = reply.json()["status"]["messageCode"].clone();
                assert_eq!(
                    (reply.status.as_u16(), code),
                    (expected.status, json!(expected.code)),
                    "{case:?}"
                );
                assert_eq!(reply.json()["outcome"], json!(expected.outcome), "{case:?}");
                let shown = &reply.json()["result"]["sourceVersion"];
                let kept = expected.record.and_then(|(_, _, _, kept)| kept);
                let shown_then = expected.outcome.and(kept);
                assert_eq!(*shown, json!(shown_then), "{case:?}");
            }
            assert_eq!(record(&server, &id).await, json!(expected.record), "{case:?}");
        }
    }
    let holes = "select count(*) from customers where version <> (
        select count(*) from customer_events
        where customer_events.tenant_id = customers.tenant_id and customer_number = number
    )";
    let holes: i64 = sqlx::query_scalar(holes).fetch_one(&server.pool).await.unwrap();
    assert_eq!(holes, 0, "each version has its event");
}

/// What has to come of it, by the order of decisions.
fn expected(case: Case) -> End {
    let Case { on_conflict, holder, sent, if_match, is_same, is_keyed: _ } = case;
    let tells = |outcome| (on_conflict.is_some() || sent.is_some()).then_some(outcome);
    let may_meet = !matches!(on_conflict, None | Some("error"));
    let (first, last) = if is_same { ("Old", Some("Kept")) } else { ("New", None) };
    let version = sent.map(|(version, _)| version);
    let done = |outcome, record| End { status: 200, code: "SUCCESS", outcome: tells(outcome), record };
    let refused = |status, code, record| End { status, code, outcome: None, record };
    let Some(stored) = holder else {
        return match if_match.filter(|_| may_meet) {
            Some(_) => refused(404, "CUSTOMER_NOT_FOUND", None),
            None => done("created", Some((1, first, last, version))),
        };
    };
    let as_it_was = Some((1, "Old", Some("Kept"), stored));
    if !may_meet {
        return refused(409, "CUSTOMER_ALREADY_STORED", as_it_was);
    }
    if if_match == Some("\"9\"") {
        return refused(412, "VERSION_MISMATCH", as_it_was);
    }
    if on_conflict == Some("return") {
        return done("existing", as_it_was);
    }
    match (sent, stored) {
        (Some((sent, "error")), Some(stored)) if sent <= stored => {
            return refused(409, "STALE_SOURCE_VERSION", as_it_was);
        }
        (Some((sent, _)), Some(stored)) if sent <= stored => return done("stale", as_it_was),
        _ => {}
    }
    let kept = version.or(stored);
    if is_same {
        return done("unchanged", Some((1, "Old", Some("Kept"), kept)));
    }
    let last = if on_conflict == Some("update") { Some("Kept") } else { None };
    done("updated", Some((2, "New", last, kept)))
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for on_conflict in [None, Some("error"), Some("return"), Some("update"), Some("replace")] {
        for holder in [None, Some(None), Some(Some(5))] {
            for sent in
                [None, Some((4, "ignore")), Some((4, "error")), Some((5, "ignore")), Some((6, "error"))]
            {
                for if_match in [None, Some("\"1\""), Some("\"9\"")] {
                    for (is_same, is_keyed) in [(true, true), (true, false), (false, true), (false, false)] {
                        cases.push(Case { on_conflict, holder, sent, if_match, is_same, is_keyed });
                    }
                }
            }
        }
    }
    cases
}

/// The answers to the message: with a key it is sent twice, which comes to the same.
async fn run(acme: &Client, case: Case, external_id: &str) -> Vec<Reply> {
    let old = customer_with(external_id, json!({ "firstName": "Old", "lastName": "Kept" }));
    if let Some(version) = case.holder {
        let stored = acme.store(&merged(old.clone(), json!({ "sourceVersion": version }))).await;
        assert_eq!(stored.status, 200, "{}", stored.text());
    }
    let mut body = if case.is_same { old } else { customer_with(external_id, json!({ "firstName": "New" })) };
    if let Some(word) = case.on_conflict {
        body = merged(body, json!({ "onConflict": word }));
    }
    if let Some((version, on_stale)) = case.sent {
        body = merged(body, json!({ "sourceVersion": version, "onStale": on_stale }));
    }
    let mut client = acme.clone();
    if let Some(tag) = case.if_match {
        client = client.with("if-match", tag);
    }
    if !case.is_keyed {
        return vec![client.store(&body).await];
    }
    let client = client.with("idempotency-key", external_id);
    let [first, second] = [client.store(&body).await, client.store(&body).await];
    let is_kept = matches!(first.status.as_u16(), 200 | 404 | 409);
    assert_eq!(second.header("idempotent-replayed"), is_kept.then_some("true"), "{case:?}");
    if is_kept {
        assert_eq!(first.text(), second.text(), "{case:?}");
    }
    vec![first, second]
}

/// As in [`End::record`].
async fn record(server: &Server, external_id: &str) -> Value {
    let look = "select jsonb_build_array(version, first_name, last_name, source_version)
        from customers where external_id = $1";
    let found = sqlx::query_scalar(look).bind(external_id).fetch_optional(&server.pool).await.unwrap();
    found.unwrap_or(Value::Null)
}
