//! `GET /v1/Customers`: pages by number and by token, which show the same.

use std::collections::HashSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Client, Server,
    partners::{RESELLER, customer, customer_with},
    tokens::Token,
};

async fn fill(server: &Server, count: usize) {
    for n in 0..count {
        server.csp().created(&customer(&format!("customer-{n}"))).await;
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn page(client: &Client, query: &str) -> Value {
    let reply = client.list(query).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn a_page_is_upstreams_object() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&customer("ana")).await;

    let listed = page(&server.csp(), "").await;

    let expected = json!({
        "items": [server.csp().get(id).await.json()],
        "paginationParameters": { "pageNumber": 1, "pageSize": 25 },
        "totalPages": 1,
        "totalCount": 1,
        "hasPreviousPage": false,
        "hasNextPage": false,
        "continuationToken": null,
    });
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn nothing_is_a_page_too() {
    let server = Server::with_partners().await;

    let listed = page(&server.csp(), "").await;

    assert_eq!(listed["items"], json!([]));
    assert_eq!((&listed["totalPages"], &listed["totalCount"]), (&json!(0), &json!(0)));
    assert_eq!((&listed["hasPreviousPage"], &listed["hasNextPage"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn sixty_customers_are_walked_by_number_and_by_token_alike() {
    let server = Server::with_partners().await;
    fill(&server, 60).await;
    let csp = server.csp();

    let (mut by_number, mut by_token, mut token) = (Vec::new(), Vec::new(), String::new());
    for number in 1..=9 {
        let numbered = page(&csp, &format!("pageSize=7&pageNumber={number}")).await;
        let continued = page(&csp, &format!("pageSize=7{token}")).await;

        assert_eq!(numbered, continued, "page {number}");
        assert_eq!(numbered["paginationParameters"], json!({ "pageNumber": number, "pageSize": 7 }));
        assert_eq!((&numbered["totalCount"], &numbered["totalPages"]), (&json!(60), &json!(9)));
        assert_eq!(numbered["hasPreviousPage"], number > 1);
        assert_eq!(numbered["hasNextPage"], number < 9);
        assert_eq!(numbered["continuationToken"].is_string(), number < 9);
        by_number.extend(ids(&numbered));
        by_token.extend(ids(&continued));
        token = format!("&continuationToken={}", continued["continuationToken"].as_str().unwrap_or_default());
    }

    assert_eq!(by_number.len(), 60);
    assert_eq!(by_number.iter().collect::<HashSet<_>>().len(), 60, "no customer twice");
    assert_eq!(by_number, by_token);
    assert_eq!(ids(&page(&csp, "pageSize=2000").await), by_number);
}

#[tokio::test]
async fn a_page_has_25_unless_told_otherwise() {
    let server = Server::with_partners().await;
    fill(&server, 26).await;
    let csp = server.csp();

    for (query, items, pages) in
        [("", 25, 2), ("pageSize=1", 1, 26), ("pageSize=26", 26, 1), ("pageSize=2000", 26, 1)]
    {
        let listed = page(&csp, query).await;
        assert_eq!((ids(&listed).len(), &listed["totalPages"]), (items, &json!(pages)), "{query}");
    }
    let beyond = page(&csp, "pageNumber=3").await;
    assert_eq!(beyond["items"], json!([]));
    assert_eq!((&beyond["hasPreviousPage"], &beyond["hasNextPage"]), (&json!(true), &json!(false)));
    assert_eq!(beyond["totalCount"], 26);
}

#[tokio::test]
async fn parameters_out_of_bounds_are_told_at_once() {
    let server = Server::with_partners().await;

    for (query, parameter) in [
        ("pageSize=0", "pageSize"),
        ("pageSize=2001", "pageSize"),
        ("pageSize=-1", "pageSize"),
        ("pageSize=7.5", "pageSize"),
        ("pageSize=all", "pageSize"),
        ("pageSize=", "pageSize"),
        ("pageSize=99999999999999999999", "pageSize"),
        ("pageSize=7&pageSize=7", "pageSize"),
        ("pageNumber=0", "pageNumber"),
        ("pageNumber=-1", "pageNumber"),
        ("pageNumber=first", "pageNumber"),
        ("pageNumber=99999999999999999999", "pageNumber"),
        ("searchField=Email&search=a", "searchField"),
        ("search=%ff", "search"),
        ("search=%00", "search"),
        ("resellerId=string", "resellerId"),
        ("includeDeleted=perhaps", "includeDeleted"),
    ] {
        let reply = server.csp().list(query).await;
        assert_eq!(reply.status, 400, "{query}");
        assert_eq!(reply.properties(), [parameter], "{query}");
    }
    let all = "pageSize=0&pageNumber=0&searchField=x&resellerId=x&includeDeleted=x&continuationToken=x";
    let expected =
        ["continuationToken", "includeDeleted", "pageNumber", "pageSize", "resellerId", "searchField"];
    assert_eq!(server.csp().list(all).await.properties(), expected);
}

#[tokio::test]
async fn a_token_is_one_that_an_answer_held() {
    let server = Server::with_partners().await;
    fill(&server, 2).await;
    let held = page(&server.csp(), "pageSize=1").await["continuationToken"].as_str().unwrap().to_owned();

    for wrong in [
        "",
        "x",
        "-",
        "1",
        "1-1",
        "1-1-1-01",
        "1-1-1--1",
        "1-1-1-1-1",
        "-1-1-1",
        "%2b1-1-1",
        "1--1",
        "ffffffffffffffffff-1-1",
        "1-ffffffffff-1",
        "%00",
        "%ff",
        "1;drop table customers",
        &format!("{held}-"),
        &format!("{held}x"),
        &format!("%20{held}"),
    ] {
        let reply = server.csp().list(&format!("continuationToken={wrong}")).await;
        assert_eq!(reply.status, 400, "{wrong}");
        assert_eq!(reply.properties(), ["continuationToken"], "{wrong}");
    }
    assert_eq!(
        page(&server.csp(), &format!("pageSize=1&continuationToken={held}")).await["items"][0]["isDeleted"],
        false
    );
}

/// A token says where to go on, not what may be seen.
#[tokio::test]
async fn another_callers_token_shows_nothing_of_the_other() {
    let server = Server::with_partners().await;
    fill(&server, 3).await;
    let token = page(&server.csp(), "pageSize=1").await["continuationToken"].as_str().unwrap().to_owned();
    let other = server.tenant("other").await;
    let elsewhere = server.partner_at("other.example.com", &Token::csp(other.id));

    for stranger in [elsewhere, server.reseller(RESELLER)] {
        let listed = page(&stranger, &format!("continuationToken={token}")).await;
        assert_eq!(listed["items"], json!([]));
    }
}

#[tokio::test]
async fn a_walk_by_token_is_not_moved_by_what_happens_beside_it() {
    let server = Server::with_partners().await;
    fill(&server, 6).await;
    let before = ids(&page(&server.csp(), "").await);

    let first = page(&server.csp(), "pageSize=3").await;
    assert_eq!(server.csp().erase(&before[0]).await.status, 202);
    server.csp().created(&customer("late")).await;
    let token = first["continuationToken"].as_str().unwrap();
    let second = page(&server.csp(), &format!("pageSize=3&continuationToken={token}")).await;

    assert_eq!(ids(&first), before[..3]);
    assert_eq!(ids(&second), before[3..]);
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let server = Server::with_partners().await;
    fill(&server, 1).await;

    let listed = page(&server.csp(), "orderBy=name&$filter=x&&=&pageSize=7").await;

    assert_eq!(ids(&listed).len(), 1);
}

#[tokio::test]
async fn the_order_is_that_of_creation() {
    let server = Server::with_partners().await;
    let mut created = Vec::new();
    for n in 0..5 {
        let id = Uuid::new_v4();
        server.csp().created(&customer_with(&format!("c{n}"), json!({ "id": id }))).await;
        created.push(id.to_string());
    }

    assert_eq!(ids(&page(&server.csp(), "").await), created);
}
