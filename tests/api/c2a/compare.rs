//! The drift check: count and digest of ranges, and where the items of one differ.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};

use crate::support::{
    Server,
    bodies::{change, customer, merged},
    compare::{digest, item, range},
};

#[tokio::test]
async fn a_range_is_equal_if_it_has_the_same_customers_at_the_same_versions() {
    let server = Server::start().await;
    for id in ["crm-1", "crm-2", "crm-3"] {
        server.acme.store(&customer(id)).await;
    }
    server.acme.update(&json!({ "customer": { "externalIdentifier": "crm-2", "lastName": "Roe" } })).await;
    let records = [("crm-1", "1"), ("crm-2", "2"), ("crm-3", "1")];

    let ranges = [
        range("", Some("crm-2"), &records[..2]),
        range("crm-1", None, &records[1..]),
        range("crm-3", Some("crm-4"), &[]),
        range("", None, &[("crm-1", "1"), ("crm-2", "1"), ("crm-3", "1")]),
        range("", None, &records[..2]),
    ];
    let reply = server.acme.compare(&json!({ "by": "version", "ranges": ranges })).await;

    let all = digest(&records);
    let expected = json!({
        "result": {
            "ranges": [
                { "upTo": "crm-2", "equal": true, "count": 2, "digest": digest(&records[..2]) },
                { "equal": true, "count": 2, "digest": digest(&records[1..]) },
                { "upTo": "crm-4", "equal": true, "count": 0, "digest": "0".repeat(32) },
                { "equal": false, "count": 3, "digest": all },
                { "equal": false, "count": 3, "digest": all },
            ]
        },
        "status": { "messageCode": "SUCCESS" },
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (200, expected));
}

#[tokio::test]
async fn items_tell_every_difference_in_order_and_from_where_the_feed_goes_on() {
    let server = Server::start().await;
    let mut urns = Vec::new();
    for id in ["crm-1", "crm-10", "crm-2", "crm-3"] {
        urns.push(server.acme.store(&customer(id)).await.urn());
    }

    // Nobody has read the feed yet: what is in it is not behind the cursor all the same.
    let result = server
        .acme
        .compare_items(&[item("crm-4", 1), item("crm-3", 1), item("crm-2", 3), item("crm-0", 1)])
        .await;

    let expected = json!({
        "missingHere": ["crm-0", "crm-4"],
        "missingThere": [
            { "externalIdentifier": "crm-1", "customerUrn": urns[0] },
            { "externalIdentifier": "crm-10", "customerUrn": urns[1] },
        ],
        "different": [{ "externalIdentifier": "crm-2", "customerUrn": urns[2], "yours": 3, "ours": 1 }],
        "cursor": result["cursor"],
    });
    assert_eq!(result, expected);
    let before = result["cursor"].as_str().unwrap();
    server.acme.update(&change(&urns[2], json!({ "lastName": "Roe" }))).await;
    let events = server.acme.events(&format!("after={before}")).await.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["customerUrn"], urns[2]);
}

#[tokio::test]
async fn items_are_of_their_range() {
    let server = Server::start().await;
    for id in ["crm-1", "crm-2", "crm-3"] {
        server.acme.store(&customer(id)).await;
    }

    let body = json!({ "by": "version", "after": "crm-1", "upTo": "crm-2", "items": [] });
    let result = server.acme.compare(&body).await.json()["result"].clone();

    assert_eq!(result["missingThere"].as_array().unwrap().len(), 1);
    assert_eq!(result["missingThere"][0]["externalIdentifier"], "crm-2");
}

#[tokio::test]
async fn records_are_compared_by_what_was_asked_for() {
    let server = Server::start().await;
    server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 0 }))).await;
    server.acme.store(&customer("crm-2")).await;
    server.acme.update(&json!({ "customer": { "externalIdentifier": "crm-2", "lastName": "Roe" } })).await;

    for (by, numbers) in
        [("version", ["1", "2"]), ("sourceVersion", ["0", ""]), ("externalIdentifier", ["", ""])]
    {
        let records = [("crm-1", numbers[0]), ("crm-2", numbers[1])];
        let body = json!({ "by": by, "ranges": [range("", None, &records)] });
        assert_eq!(server.acme.compare(&body).await.json()["result"]["ranges"][0]["equal"], true, "{by}");
        // What is not asked for may be anything.
        let items = records.map(|(id, number)| {
            let mut item = json!({ "version": 9, "sourceVersion": 9 });
            item[by] = json!(number.parse::<i64>().ok());
            item["externalIdentifier"] = json!(id);
            item
        });
        let result = server.acme.compare(&json!({ "by": by, "items": items })).await.json()["result"].clone();
        for list in ["missingHere", "missingThere", "different"] {
            assert_eq!(result[list], json!([]), "{by}: {list}");
        }
    }
}

#[tokio::test]
async fn a_record_without_a_source_version_differs_from_one_with_any() {
    let server = Server::start().await;
    let zero = server.acme.store(&merged(customer("crm-1"), json!({ "sourceVersion": 0 }))).await.urn();
    let none = server.acme.store(&customer("crm-2")).await.urn();
    let items =
        json!([{ "externalIdentifier": "crm-1" }, { "externalIdentifier": "crm-2", "sourceVersion": "0" }]);

    let reply = server.acme.compare(&json!({ "by": "sourceVersion", "items": items })).await;

    let different = json!([
        { "externalIdentifier": "crm-1", "customerUrn": zero, "ours": 0 },
        { "externalIdentifier": "crm-2", "customerUrn": none, "yours": 0 },
    ]);
    assert_eq!(reply.json()["result"]["different"], different);
}

/// In UTF-16, U+10000 comes before U+FFEE and U+FFFF.
#[tokio::test]
async fn identifiers_are_in_the_order_of_their_bytes_whatever_they_are() {
    let server = Server::start().await;
    let longest = "\u{10fffd}".repeat(255);
    let stored = ["B", "a", "a\u{301}", "b", "z\u{ffee}", "z\u{10000}", longest.as_str()];
    for id in stored {
        assert_eq!(server.acme.store(&customer(id)).await.status, 200);
    }
    for id in ["a\nb", "z\u{ffff}"] {
        server.plant(seed::TENANT_ID.0, id).await;
    }
    let ids = ["B", "a", "a\nb", "a\u{301}", "b", "z\u{ffee}", "z\u{ffff}", "z\u{10000}", longest.as_str()];
    let records = ids.map(|id| (id, "1"));

    // What cannot be sent is no end of a range, and is in it all the same.
    let edges: Vec<_> = ids.into_iter().filter(|id| !id.contains('\u{ffff}')).collect();
    for (place, after) in [""].iter().chain(&edges).enumerate() {
        for up_to in &edges[place..] {
            let inside = |id: &str| id > *after && id <= *up_to;
            let records: Vec<_> = records.into_iter().filter(|(id, _)| inside(id)).collect();
            let found = server.acme.compare_range(range(after, Some(up_to), &records)).await;
            assert_eq!(found["equal"], true, "{after:?} to {up_to:?}: {found}");
        }
    }
    assert_eq!(server.acme.compare_range(range("", None, &records)).await["equal"], true);

    let items: Vec<Value> = edges.iter().map(|id| item(id, 1)).collect();
    let result = server.acme.compare_items(&items).await;
    assert_eq!(result["missingHere"], json!([]));
    assert_eq!(result["missingThere"][0]["externalIdentifier"], "z\u{ffff}");
    assert_eq!(result["missingThere"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_identifier_that_no_customer_can_have_is_missing_here() {
    let server = Server::start().await;

    let result = server.acme.compare_items(&[item("a\nb", 1), item(" a ", 1)]).await;

    assert_eq!(result["missingHere"], json!([" a ", "a\nb"]));
}

#[tokio::test]
async fn neither_the_erased_nor_another_tenants_customers_are_there() {
    let server = Server::start().await;
    let other = server.tenant("other").await;
    for id in ["crm-1", "crm-2"] {
        server.acme.store(&customer(id)).await;
        other.client.store(&customer(id)).await;
    }
    other.client.store(&customer("crm-3")).await;
    server.acme.delete(&json!({ "externalIdentifier": "crm-2" })).await;

    assert_eq!(server.acme.compare_range(range("", None, &[("crm-1", "1")])).await["equal"], true);
    let result = server.acme.compare_items(&[]).await;
    assert_eq!(result["missingThere"].as_array().unwrap().len(), 1, "{result}");
    let theirs = [("crm-1", "1"), ("crm-2", "1"), ("crm-3", "1")];
    assert_eq!(other.client.compare_range(range("", None, &theirs)).await["equal"], true);
}

/// Whoever knows nothing of the size of a range gets through it all the same.
#[tokio::test]
async fn a_range_of_more_than_5000_is_told_in_parts() {
    let server = Server::start().await;
    server.many(5002).await;
    let ids: Vec<_> = (1..=5002).map(|n| format!("crm-{n:07}")).collect();
    let records: Vec<_> = ids.iter().map(|id| (id.as_str(), "1")).collect();
    let nothing = |after: &str| range(after, Some("crm-9"), &[]);

    let first = server.acme.compare_range(nothing("")).await;
    let part = digest(&records[..5000]);
    let expected =
        json!({ "upTo": "crm-0005000", "equal": false, "count": 5000, "digest": part, "hasMore": true });
    assert_eq!(first, expected);
    let second = server.acme.compare_range(nothing("crm-0005000")).await;
    let rest = digest(&records[5000..]);
    assert_eq!(second, json!({ "upTo": "crm-9", "equal": false, "count": 2, "digest": rest }));
    // No more than 5000: the part is whole.
    let exact = range("", Some("crm-0005000"), &records[..5000]);
    assert_eq!(server.acme.compare_range(exact).await["equal"], true);
    // The caller's 5000 are the first 5000 of more.
    let short = range("", None, &records[..5000]);
    assert_eq!(server.acme.compare_range(short).await["equal"], false);

    let items = |ids: &[String]| ids.iter().map(|id| item(id, 1)).collect::<Vec<_>>();
    // Beyond the part, nothing is said of an item.
    let first = server.acme.compare_items(&[items(&ids[1..5000]), vec![item("crm-8", 1)]].concat()).await;
    assert_eq!(first["upTo"], "crm-0005000");
    assert_eq!(first["missingHere"], json!([]));
    assert_eq!(first["missingThere"].as_array().unwrap().len(), 1);
    let body = json!({ "by": "version", "after": "crm-0005000", "items": [item("crm-8", 1)] });
    let second = server.acme.compare(&body).await.json()["result"].clone();
    assert_eq!((&second["upTo"], &second["missingHere"]), (&Value::Null, &json!(["crm-8"])));
    assert_eq!(second["missingThere"].as_array().unwrap().len(), 2);
}
