//! Which bodies are read, and what is said of those that are not.

use azotte_customers::domain::scope::Scope;
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Client, Reply, Server, bodies::customer};

const STORE: &str = "/api/c2a/customer/store";
const KIB_64: usize = 64 * 1024;

#[tokio::test]
async fn what_is_no_json_object_or_has_no_customer_is_a_bad_request() {
    let server = Server::start().await;
    let before = server.counts().await;
    let bodies: &[&[u8]] = &[
        b"",
        b"   ",
        b"null",
        b"[]",
        b"42",
        b"\"customer\"",
        b"customer=1",
        b"{",
        b"{\"customer\":",
        b"{\"customer\":{}}{}",
        b"{\"customer\":{},}",
        b"{'customer':{}}",
        b"{\"customer\":{\"firstName\":NaN}}",
        b"{\"customer\":{\"firstName\":\"a\nb\"}}",
        b"{\"customer\":{\"firstName\":\"\xff\"}}",
        b"\xef\xbb\xbf{\"customer\":{}}",
        b"{}",
        b"{\"customer\":null}",
        b"{\"claimedRegion\":{\"countryCode\":\"DE\",\"languageCode\":\"de\"}}",
        b"{\"customer\":null,\"claimedRegion\":42}",
    ];

    for endpoint in ["store", "update"] {
        for body in bodies {
            let client = server.acme.with("content-type", "application/json");
            let reply =
                client.send(Method::POST, &format!("/api/c2a/customer/{endpoint}"), body.to_vec()).await;
            assert_eq!(reply.outcome(), (400, "BAD_REQUEST".to_owned()), "{}", String::from_utf8_lossy(body));
        }
    }
    assert_eq!(server.counts().await, before);
}

/// RFC 8259 forbids to send one. Which encoding it speaks of makes no difference.
#[tokio::test]
async fn a_byte_order_mark_is_named() {
    let server = Server::with_partners().await;
    let utf_16 = |units: &mut dyn Iterator<Item = u16>, bytes: fn(u16) -> [u8; 2]| {
        units.flat_map(bytes).collect::<Vec<u8>>()
    };
    let text = format!("\u{feff}{}", customer("crm-1"));
    for body in [
        text.clone().into_bytes(),
        utf_16(&mut text.encode_utf16(), u16::to_le_bytes),
        utf_16(&mut text.encode_utf16(), u16::to_be_bytes),
        "\u{feff}".into(),
    ] {
        for (client, path, message) in
            [(&server.acme, STORE, "/status/message"), (&server.csp(), "/v1/Customers", "/description")]
        {
            let client = client.with("content-type", "application/json");
            let reply = client.send(Method::POST, path, body.clone()).await;
            let json = reply.json();
            let message = json.pointer(message).unwrap().as_str().unwrap();
            assert_eq!(reply.status, 400);
            assert!(message.contains("byte order mark"), "{path}: {message}");
        }
    }
    assert_eq!(server.counts().await, (0, 0));
}

#[tokio::test]
async fn a_json_object_whose_content_breaks_a_rule_is_an_invalid_request() {
    let server = Server::start().await;
    let before = server.counts().await;
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    let very_deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let cases = [
        (r#""externalIdentifier": 42"#, "customer.externalIdentifier", "WRONG_TYPE"),
        (
            r#""externalIdentifier": "a", "externalIdentifier": "a""#,
            "customer.externalIdentifier",
            "DUPLICATE_KEY",
        ),
        (r#""email": "a@b.de", "em\u0061il": "a@b.de""#, "customer.email", "DUPLICATE_KEY"),
        (r#""privacy": { "a": 1, "a": 1 }"#, "customer.privacy.a", "DUPLICATE_KEY"),
        (r#""unknown": [{ "a": 1, "a": 1 }]"#, "customer.unknown[0].a", "DUPLICATE_KEY"),
        (r#""firstName": "a\u0000b""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""firstName": "a\tb""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""firstName": "a\u0085b""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""firstName": "a\uffffb""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""firstName": "a\ufdd0b""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""firstName": "a\ud83f\udffeb""#, "customer.firstName", "INVALID_CHARACTERS"),
        (r#""privacy": { "a": ["\u0000"] }"#, "customer.privacy.a[0]", "INVALID_CHARACTERS"),
        (r#""privacy": { "a\u0000": 1 }"#, "customer.privacy.?", "INVALID_CHARACTERS"),
        (r#""unknown": "\u0000""#, "customer.unknown", "INVALID_CHARACTERS"),
        (r#""firstName": "\ud800""#, "customer.firstName", "INVALID_JSON"),
        (r#""firstName": "\udc00 \ud800""#, "customer.firstName", "INVALID_JSON"),
        (r#""privacy": { "a": 1e999 }"#, "customer.privacy.a", "INVALID_JSON"),
    ];

    for (properties, field, code) in cases {
        let reply = store_text(&server.acme, properties).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()), "{properties}");
        assert!(reply.errors().contains(&(field.into(), code.into())), "{properties}: {:?}", reply.errors());
    }
    for deep in [deep, very_deep] {
        let reply = store_text(&server.acme, &format!(r#""unknown": {deep}"#)).await;
        assert_eq!(reply.outcome(), (400, "INVALID_REQUEST".to_owned()));
        assert_eq!(reply.errors()[0].1, "TOO_DEEP");
    }
    assert_eq!(server.counts().await, before);
}

#[tokio::test]
async fn a_wrong_type_is_an_invalid_request_at_every_place() {
    let server = Server::start().await;
    let region = json!({ "countryCode": "DE", "languageCode": "de" });

    for wrong in [json!([]), json!("text"), json!(42), json!(true)] {
        let reply = server.acme.store(&json!({ "customer": wrong, "claimedRegion": region })).await;
        assert_eq!(reply.errors(), [("customer".into(), "WRONG_TYPE".into())], "{wrong}");
        let reply = server
            .acme
            .store(&json!({ "customer": {"externalIdentifier": "a"}, "claimedRegion": wrong }))
            .await;
        assert_eq!(reply.errors(), [("claimedRegion".into(), "WRONG_TYPE".into())], "{wrong}");
    }
    for (endpoint, field) in [("validate", "externalId"), ("delete", "customerUuid")] {
        for wrong in [json!([]), json!({}), json!(42), json!(true)] {
            let reply = server.acme.c2a(endpoint, &json!({ field: wrong })).await;
            assert_eq!(reply.errors(), [(field.into(), "WRONG_TYPE".into())], "{wrong}");
        }
    }
}

/// What is wrong with the text and what is wrong with its fields are one answer.
#[tokio::test]
async fn a_forbidden_character_does_not_hide_the_other_errors() {
    let server = Server::start().await;

    let reply = store_text(&server.acme, r#""firstName": "\u0000", "email": "no", "gender": "no""#).await;

    let fields: Vec<_> = reply.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["customer.firstName", "customer.email", "customer.gender"]);
}

/// A fault of the text changes nothing about what an endpoint reads, and what it ignores.
#[tokio::test]
async fn a_forbidden_character_does_not_bring_errors_of_what_is_ignored() {
    let server = Server::start().await;
    let region = r#"{ "countryCode": "DE", "languageCode": "de" }"#;
    let wrong_region = r#"{ "countryCode": "QQ", "languageCode": "de" }"#;
    let (urn, no_urn) = (r#""customerUrn": "cu.00.482""#, r#""customerUrn": 7"#);
    let inside = |region: &str| format!(r#""claimedRegion": {region}"#);
    let beside = |region: &str| format!(r#", "claimedRegion": {region}"#);
    let none = String::new();

    for (endpoint, customer, beside, further) in [
        ("store", inside(region), none.clone(), &[][..]),
        ("store", inside(region), beside("null"), &[]),
        ("store", inside(wrong_region), beside(region), &[]),
        ("store", no_urn.to_owned(), beside(region), &[]),
        ("store", inside(wrong_region), none.clone(), &["customer.claimedRegion.countryCode"]),
        ("store", inside("null"), none.clone(), &["claimedRegion"]),
        ("store", r#""email": null"#.to_owned(), none.clone(), &["claimedRegion"]),
        ("update", format!("{urn}, {}", inside(wrong_region)), beside(region), &[]),
        (
            "update",
            format!("{urn}, {}", inside(wrong_region)),
            none.clone(),
            &["customer.claimedRegion.countryCode"],
        ),
        ("update", no_urn.to_owned(), none, &["customer.customerUrn"]),
    ] {
        let wrong = r#""externalIdentifier": "crm-1", "firstName": "\u0000""#;
        let body = format!(r#"{{ "customer": {{ {wrong}, {customer} }} {beside} }}"#);
        let reply = server.acme.c2a_text(endpoint, &body).await;

        let fields: Vec<_> = reply.errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [&["customer.firstName"], further].concat(), "{endpoint} {body}");
    }
}

#[tokio::test]
async fn a_body_must_be_plain_json_by_its_headers() {
    let server = Server::start().await;
    let accepted = [
        "application/json",
        "Application/JSON; Charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json; charset=UTF8",
        "APPLICATION/JSON",
    ];
    let refused = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/clientOutput+Json",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
    ];
    let body = json!({ "externalId": "crm-1" }).to_string();
    let path = "/api/c2a/customer/validate";

    for media_type in accepted {
        let reply = server.acme.with("content-type", media_type).post(path, &body).await;
        assert_eq!(reply.status, 200, "{media_type}");
    }
    for encoding in ["identity", "Identity"] {
        let reply = server.acme.with("content-encoding", encoding).post(path, &body).await;
        assert_eq!(reply.status, 200, "{encoding}");
    }
    let mut replies = vec![server.acme.send(Method::POST, path, body.clone()).await];
    for media_type in refused {
        replies.push(server.acme.with("content-type", media_type).post(path, &body).await);
    }
    for encoding in ["gzip", "br", "identity, gzip", "gzip, identity"] {
        replies.push(server.acme.with("content-encoding", encoding).post(path, &body).await);
    }
    let twice =
        server.acme.with("content-type", "application/json").adding("content-type", "application/json");
    replies.push(twice.post(path, &body).await);
    for reply in replies {
        assert_eq!(reply.outcome(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    }
}

#[tokio::test]
async fn no_body_needs_no_type_and_is_a_bad_request() {
    let server = Server::start().await;

    for endpoint in ["validate", "store", "update", "delete"] {
        let reply = server.acme.send(Method::POST, &format!("/api/c2a/customer/{endpoint}"), "").await;
        assert_eq!(reply.outcome(), (400, "BAD_REQUEST".to_owned()), "{endpoint}");
    }
}

#[tokio::test]
async fn a_body_may_hold_64_kib_and_no_byte_more() {
    let server = Server::start().await;
    let json = customer("crm-1").to_string();

    let largest = format!("{json}{}", " ".repeat(KIB_64 - json.len()));
    assert_eq!(server.acme.post(STORE, &largest).await.outcome(), (200, "SUCCESS".to_owned()));
    let too_large = format!("{largest} ");
    let before = server.counts().await;
    let client = server.acme.with("content-type", "application/json");
    let announced = client.post_raw(STORE, &[&format!("content-length: {}", KIB_64 + 1)], b"").await;
    let chunk = format!("{:x}\r\n{too_large}\r\n", too_large.len());
    let chunked = client.post_raw(STORE, &["transfer-encoding: chunked"], chunk.as_bytes()).await;
    for reply in [announced, chunked] {
        assert_eq!(reply.outcome(), (413, "PAYLOAD_TOO_LARGE".to_owned()));
    }
    assert_eq!(server.counts().await, before);
}

/// What a refusal left unread is not taken for the next request, and does not cost it the connection.
#[tokio::test]
async fn a_connection_goes_on_after_a_body_that_was_refused() {
    let server = Server::start().await;
    let client = server.acme.with("content-type", "application/json");
    let stranger = Client::stranger(server.address).with("content-type", "application/json");
    for (client, status) in [(&client, "413"), (&stranger, "401")] {
        let mut connection = TcpStream::connect(server.address).await.unwrap();

        let first = client.raw_post(STORE, &"x".repeat(200 * 1024));
        connection.write_all(&first).await.unwrap();
        assert_eq!(next_status(&mut connection).await, status);
        connection.write_all(&client.raw_post(STORE, "{}")).await.unwrap();

        let status = if status == "413" { "400" } else { status };
        assert_eq!(next_status(&mut connection).await, status, "on the same connection");
    }
}

/// Where more is left than is worth reading, the client is told.
#[tokio::test]
async fn a_connection_says_that_it_closes_where_a_refused_body_goes_on() {
    let server = Server::start().await;
    let client = server.acme.with("content-type", "application/json");

    let reply = client.post_raw(STORE, &["content-length: 100000000"], b"{").await;

    assert_eq!((reply.status.as_u16(), reply.header("connection")), (413, Some("close")));
}

/// The status of the next answer, which is read to its end.
async fn next_status(connection: &mut TcpStream) -> String {
    let mut received = Vec::new();
    loop {
        let read = connection.read_buf(&mut received).await.unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&received));
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return head.split(' ').nth(1).unwrap().to_owned();
        }
    }
}

#[tokio::test]
async fn a_chunked_body_is_read() {
    let server = Server::start().await;
    let json = customer("crm-1").to_string();
    let chunks = format!("1\r\n{{\r\n{:x}\r\n{}\r\n0\r\n\r\n", json.len() - 1, &json[1..]);

    let client = server.acme.with("content-type", "application/json");
    let reply = client.post_raw(STORE, &["transfer-encoding: chunked"], chunks.as_bytes()).await;

    assert_eq!(reply.outcome(), (200, "SUCCESS".to_owned()));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_a_timeout() {
    let server = Server::start_with(&["--body-timeout-s", "1"]).await;
    let client = server.acme.with("content-type", "application/json");

    let reply = client.post_raw(STORE, &["content-length: 500"], b"{ \"customer\": {").await;

    assert_eq!(reply.outcome(), (408, "REQUEST_TIMEOUT".to_owned()));
    assert_eq!(server.counts().await, (0, 0));
}

/// None of these bodies ever arrives, so an answer proves that it was not waited for.
#[tokio::test]
async fn who_may_not_ask_is_told_so_before_the_body_is_read() {
    let server = Server::start().await;
    let tenant = server.tenant("other").await;
    let (_, reader) = server.key(tenant.id, &[Scope::CustomerRead]).await;
    let announced = ["content-type: application/json", "content-length: 500"];

    let forbidden = reader.post_raw(STORE, &announced, b"{").await;
    assert_eq!(forbidden.outcome(), (403, "FORBIDDEN".to_owned()));
    let stranger = Client::stranger(server.address).post_raw(STORE, &announced, b"{").await;
    assert_eq!((stranger.status.as_u16(), stranger.body.len()), (401, 0));
    let wrong_type = reader.post_raw("/api/c2a/customer/validate", &["content-length: 500"], b"{").await;
    assert_eq!(wrong_type.status, 415);
}

/// Posts a customer with these further properties, as text that `json!` could not make.
async fn store_text(client: &Client, properties: &str) -> Reply {
    let body = format!(
        r#"{{ "customer": {{ {properties} }}, "claimedRegion": {{ "countryCode": "DE", "languageCode": "de" }} }}"#
    );
    client.post(STORE, &body).await
}
