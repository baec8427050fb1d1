//! The documentation page: what leads to it, what it allows itself, and what it knows of credentials.

use azotte_customers::{
    domain::{api_key::SAMPLE_KEY, caller::KeyId},
    postgres::api_keys,
    sandbox::seed,
};
use reqwest::{Method, redirect::Policy};
use uuid::uuid;

use crate::support::{
    Client, Server,
    eventually::eventually,
    keys::{EC, KeysFile, jwks},
};

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
    assert!(config.json()["token"].is_string());

    let live = Server::start_with(&["--environment", "live", "--jwt-issuer", "issuer"]).await;
    let stranger = Client::stranger(live.address);
    let config = stranger.send(Method::GET, "/docs/config.json", "").await;
    assert_eq!(config.json(), serde_json::json!({ "environment": "live" }));
    for path in ["/docs/", "/docs/init.js", "/openapi/c2a.json", "/openapi/partner.json"] {
        assert!(!stranger.send(Method::GET, path, "").await.text().contains("sk_dev"), "{path}");
    }
}

#[tokio::test]
async fn the_token_filled_in_opens_the_partner_api_of_the_sandbox_tenant_and_of_no_other() {
    let server = Server::start().await;
    server.tenant("globex").await;
    let stranger = Client::stranger(server.address);
    let config = stranger.send(Method::GET, "/docs/config.json", "").await.json();
    let bearer = format!("Bearer {}", config["token"].as_str().unwrap());
    let partner = stranger.with("authorization", &bearer);

    let domain = config["parameters"]["X-Tenant"].as_str().unwrap();
    let own = partner.with("x-tenant", domain).send(Method::GET, "/v1/Customers", "").await;
    assert_eq!(own.status, 200);
    let other = partner.with("x-tenant", "globex.example.com").send(Method::GET, "/v1/Customers", "").await;
    assert_eq!(other.status, 403);
}

#[tokio::test]
async fn no_token_is_filled_in_where_the_keys_only_verify() {
    let file = KeysFile::of(&jwks([EC.jwk("2026"), EC.jwk("2027")]));
    let server = Server::start_with(&["--jwt-keys-file", file.as_str()]).await;
    let config = Client::stranger(server.address).send(Method::GET, "/docs/config.json", "").await.json();
    assert_eq!(config["apiKey"], SAMPLE_KEY);
    assert!(config.get("token").is_none());
}

#[tokio::test]
async fn no_token_is_filled_in_once_the_well_known_key_is_revoked() {
    let server = Server::start().await;
    let stranger = Client::stranger(server.address);
    let key = KeyId(uuid!("019307a0-0000-7000-8000-000000000001"));
    api_keys::revoke(&server.pool, seed::TENANT_ID, key).await.unwrap();
    eventually("the token is withheld", async || {
        let config = stranger.send(Method::GET, "/docs/config.json", "").await.json();
        config.get("token").is_none()
    })
    .await;
}
