//! The documentation page: what leads to it, what it allows itself, and what it knows of credentials.

use reqwest::{Method, redirect::Policy};

use azotte_customers::domain::api_key::SAMPLE_KEY;

use crate::support::{Client, Server};

#[tokio::test]
async fn a_browser_is_led_to_the_page_and_a_program_told_what_there_is() {
    let server = Server::start().await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let root = format!("http://{}/", server.address);
    let browser = http.get(&root).header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!((browser.status().as_u16(), browser.headers()["location"].to_str().unwrap()), (303, "/docs/"));

    let program = Client::stranger(server.address).send(Method::GET, "/", "").await;
    assert_eq!(program.status, 200);
    assert_eq!(program.json()["openapi"]["c2a"], "/openapi/c2a.json");
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_scripts() {
    let server = Server::start().await;
    let stranger = Client::stranger(server.address);
    let page = stranger.send(Method::GET, "/docs/", "").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!page.text().contains("://"), "the page names another server");

    let bundle = stranger.send(Method::GET, "/docs/swagger-ui-bundle.js", "").await;
    assert_eq!((bundle.status.as_u16(), bundle.header("content-encoding")), (200, Some("gzip")));
    let known = stranger.with("if-none-match", bundle.header("etag").unwrap());
    let again = known.send(Method::GET, "/docs/swagger-ui-bundle.js", "").await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn credentials_are_filled_in_in_the_sandbox_and_nowhere_else() {
    let sandbox = Server::start().await;
    let config = Client::stranger(sandbox.address).send(Method::GET, "/docs/config.json", "").await;
    assert_eq!(config.json()["apiKey"], SAMPLE_KEY);

    let live = Server::start_with(&["--environment", "live", "--jwt-issuer", "issuer"]).await;
    let stranger = Client::stranger(live.address);
    let config = stranger.send(Method::GET, "/docs/config.json", "").await;
    assert_eq!(config.json(), serde_json::json!({ "environment": "live" }));
    for path in ["/docs/", "/docs/init.js", "/openapi/c2a.json", "/openapi/partner.json"] {
        assert!(!stranger.send(Method::GET, path, "").await.text().contains("sk_dev"), "{path}");
    }
}
