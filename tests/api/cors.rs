//! Portals that run in a browser: pages of named origins may call the partner API, and nobody else is told of it.

use azotte_customers::sandbox::seed;
use reqwest::Method;

use crate::support::{Client, Reply, Server, partners};

const PORTAL: &str = "https://portal.example.com";
const PORTALS: [&str; 2] = ["--cors-origins", "https://portal.example.com, http://localhost:3000"];
const ONE: &str = "/v1/Customers/8f14e45f-ceea-467f-a9c0-0b1c2d3e4f50";

#[tokio::test]
async fn a_browser_may_ask_for_a_named_origin_without_a_token() {
    let server = Server::start_with(&PORTALS).await;

    for origin in [PORTAL, "http://localhost:3000"] {
        for path in ["/v1/Customers", ONE] {
            let reply = preflight(&server, origin, path).await;

            assert_eq!(reply.status, 200, "{origin} {path}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
            assert_eq!(reply.header("access-control-allow-methods"), Some("GET,POST,DELETE"));
            let sent = reply.header("access-control-allow-headers").unwrap();
            for header in ["authorization", "content-type", "x-tenant", "x-correlation-id", "idempotency-key"]
            {
                assert!(sent.split(',').any(|name| name == header), "{header}: {sent}");
            }
            assert_eq!(reply.header("access-control-max-age"), Some("600"));
            assert!(reply.header("access-control-allow-credentials").is_none());
            assert!(reply.header("x-correlation-id").is_some());
        }
    }
}

#[tokio::test]
async fn a_named_origins_page_may_read_its_answers() {
    let server = Server::start_with(&PORTALS).await;
    server.add_partners(seed::TENANT_ID.0).await;
    let page = server.csp().with("origin", PORTAL);

    let created = page.post("/v1/Customers", &partners::customer("One").to_string()).await;
    let listed = page.send(Method::GET, "/v1/Customers", "").await;
    let refused = page.without("authorization").send(Method::GET, "/v1/Customers", "").await;
    let unknown = page.send(Method::GET, "/v1/Customers/nothing/here", "").await;

    for (reply, status) in [(created, 201), (listed, 200), (refused, 401), (unknown, 404)] {
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), Some(PORTAL));
        let shown = reply.header("access-control-expose-headers").unwrap();
        assert!(shown.contains("x-correlation-id") && shown.contains("retry-after"), "{shown}");
        assert!(reply.header("vary").unwrap().contains("origin"));
    }
}

#[tokio::test]
async fn nobody_else_is_told_of_it() {
    let server = Server::start_with(&PORTALS).await;
    let closed = Server::start().await;

    for (server, origin, path) in [
        (&server, "https://portal.example.org", "/v1/Customers"),
        (&server, "http://portal.example.com", "/v1/Customers"),
        (&server, "https://portal.example.com:8443", "/v1/Customers"),
        (&server, "null", "/v1/Customers"),
        (&server, PORTAL, "/api/c2a/customer/info"),
        (&server, PORTAL, "/v1/Customersx"),
        (&server, PORTAL, "/health/live"),
        (&closed, PORTAL, "/v1/Customers"),
    ] {
        let page = Client::stranger(server.address).with("origin", origin);
        for reply in [preflight(server, origin, path).await, page.send(Method::GET, path, "").await] {
            let spoken = reply.headers.keys().filter(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(spoken.count(), 0, "{origin} {path}");
        }
    }
}

/// It is no preflight, so it needs a token like any other.
#[tokio::test]
async fn options_that_ask_for_no_method_are_a_strangers() {
    let server = Server::start_with(&PORTALS).await;
    let stranger = Client::stranger(server.address).with("origin", PORTAL);

    assert_eq!(stranger.send(Method::OPTIONS, "/v1/Customers", "").await.status, 401);
}

async fn preflight(server: &Server, origin: &str, path: &str) -> Reply {
    let browser = Client::stranger(server.address)
        .with("origin", origin)
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "authorization,content-type,x-tenant");
    browser.send(Method::OPTIONS, path, "").await
}
