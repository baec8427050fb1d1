//! Whoever cannot say who they are learns nothing: every route answers every wrong credential with the
//! same bytes, before it looks at anything else of the request.

use azotte_customers::{
    domain::{
        api_key::{ApiKey, SAMPLE_KEY},
        caller::KeyId,
        environment::Environment,
        scope::Scope,
        tenant::TenantId,
    },
    postgres::{
        api_keys::{self, NewKey},
        tenants,
    },
    sandbox::seed,
};
use chrono::{DateTime, Duration, Utc};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::support::{
    Client, Reply, Server,
    c2a::{self, PREFIXES},
};

/// Below a prefix, and no endpoints.
const UNKNOWN: [&str; 7] =
    ["", "/", "/nothing", "/store/", "/store/more", "/%73tore", "/payment/methods/list"];

#[tokio::test]
async fn every_wrong_credential_gets_the_same_401_on_every_route() {
    let server = Server::start().await;
    let strangers = strangers(&server).await;
    let expected = server.acme.without("x-api-key").post("/api/c2a/customer/store", "{}").await;

    for (method, path) in routes() {
        for (name, client) in &strangers {
            let reply = client.send(method.clone(), &path, "").await;
            assert_same_refusal(&reply, &expected, &format!("{name}: {method} {path}"));
        }
    }
}

#[tokio::test]
async fn the_right_credentials_open_every_route() {
    let server = Server::start().await;

    for (method, path) in routes() {
        let reply = server.acme.send(method.clone(), &path, "").await;
        assert_ne!(reply.status, 401, "{method} {path}");
        assert!(reply.header("www-authenticate").is_none(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_refusal_asks_for_credentials_and_echoes_the_correlation_id() {
    let server = Server::start().await;
    let id = Uuid::new_v4().to_string();

    let reply = Client::stranger(server.address).with("x-correlation-id", &id).info("urn=cu.00.482").await;

    assert_eq!(reply.status, 401);
    assert!(reply.body.is_empty());
    assert!(reply.header("www-authenticate").is_some());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-correlation-id"), Some(id.as_str()));
}

#[tokio::test]
async fn a_stranger_is_refused_whatever_the_body_and_its_type() {
    let server = Server::start().await;
    let stranger = server.acme.with("x-api-key", ApiKey::generate(Environment::Sandbox).reveal());
    let expected = stranger.post("/api/c2a/customer/store", "{}").await;

    for prefix in PREFIXES {
        for endpoint in c2a::with_body() {
            for content_type in ["application/json", "text/plain", ""] {
                let client = stranger.with("content-type", content_type);
                for body in ["", "{", "null", "\0\0", r#"{"customer":null}"#] {
                    let reply = client.post(&format!("{prefix}{endpoint}"), body).await;
                    assert_same_refusal(&reply, &expected, &endpoint);
                }
            }
        }
    }
}

/// Announces ten million bytes and sends none of them.
#[tokio::test]
async fn a_stranger_is_refused_before_the_body_arrives() {
    let server = Server::start().await;

    for path in below_prefixes(&c2a::with_body()) {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-tn: {}\r\ncontent-type: application/json\r\n\
             content-length: 10000000\r\n\r\n",
            seed::TENANT_ID
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401", "{path}");
    }
}

#[tokio::test]
async fn the_tenant_header_is_a_uuid_in_any_case() {
    let server = Server::start().await;

    let upper = server.acme.with("x-tn", &seed::TENANT_ID.to_string().to_uppercase());

    assert_eq!(upper.validate("crm-1").await.status, 200);
}

#[tokio::test]
async fn health_is_for_everybody() {
    let server = Server::start().await;
    let stranger = Client::stranger(server.address);

    assert_eq!(stranger.send(Method::GET, "/health/live", "").await.status, 200);
    assert_eq!(stranger.send(Method::GET, "/health/ready", "").await.status, 200);
}

/// Each endpoint and what is none, under both prefixes, with each method.
fn routes() -> Vec<(Method, String)> {
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::from_bytes(b"PROPFIND").unwrap(),
    ];
    let ends: Vec<_> = c2a::endpoints().into_keys().chain(UNKNOWN.map(str::to_owned)).collect();
    let paths = below_prefixes(&ends).into_iter();
    paths.flat_map(|path| methods.clone().map(|method| (method, path.clone()))).collect()
}

fn below_prefixes(ends: &[String]) -> Vec<String> {
    PREFIXES.iter().flat_map(|prefix| ends.iter().map(move |end| format!("{prefix}{end}"))).collect()
}

/// Every way to be nobody.
async fn strangers(server: &Server) -> Vec<(&'static str, Client)> {
    let acme = &server.acme;
    let tenant = seed::TENANT_ID.to_string();
    let other = server.tenant("other").await;
    let suspended = server.tenant("suspended").await;
    tenants::set_suspended(&server.pool, TenantId(suspended.id), true).await.unwrap();
    let (revoked_id, revoked) = server.key(seed::TENANT_ID.0, Scope::ALL).await;
    api_keys::revoke(&server.pool, seed::TENANT_ID, KeyId(revoked_id)).await.unwrap();
    let expired = issue(server, Environment::Sandbox, Some(Utc::now() - Duration::hours(1))).await;
    let live = issue(server, Environment::Live, None).await;
    let unknown = ApiKey::generate(Environment::Sandbox);
    vec![
        ("no credentials", Client::stranger(server.address)),
        ("no key", acme.without("x-api-key")),
        ("no tenant", acme.without("x-tn")),
        ("empty key", acme.with("x-api-key", "")),
        ("empty tenant", acme.with("x-tn", "")),
        ("the key twice", acme.adding("x-api-key", SAMPLE_KEY)),
        ("the tenant twice", acme.adding("x-tn", &tenant)),
        ("two keys", acme.adding("x-api-key", unknown.reveal())),
        ("two tenants", acme.adding("x-tn", &other.id.to_string())),
        ("tenants in a list", acme.with("x-tn", &format!("{tenant}, {tenant}"))),
        ("malformed key", acme.with("x-api-key", "hunter2")),
        ("key that is no ASCII", acme.with("x-api-key", "sk_dev_é")),
        ("key in another case", acme.with("x-api-key", &SAMPLE_KEY.to_uppercase())),
        ("long key", acme.with("x-api-key", &format!("sk_dev_{}", "a".repeat(4000)))),
        ("mistyped key", acme.with("x-api-key", &mistyped(&unknown))),
        ("unknown key", acme.with("x-api-key", unknown.reveal())),
        ("revoked key", revoked),
        ("expired key", acme.with("x-api-key", expired.reveal())),
        ("key of the other environment", acme.with("x-api-key", live.reveal())),
        ("this key, other tenant", acme.with("x-tn", &other.id.to_string())),
        ("other key, this tenant", other.client.with("x-tn", &tenant)),
        ("unknown tenant", acme.with("x-tn", &Uuid::new_v4().to_string())),
        ("suspended tenant", suspended.client),
        ("braced tenant", acme.with("x-tn", &format!("{{{tenant}}}"))),
        ("tenant without hyphens", acme.with("x-tn", &tenant.replace('-', ""))),
        ("tenant as a URN", acme.with("x-tn", &format!("urn:uuid:{tenant}"))),
        ("tenant by name", acme.with("x-tn", seed::TENANT_NAME)),
    ]
}

/// A key of the sandbox tenant as the database may hold it.
async fn issue(server: &Server, environment: Environment, expires_at: Option<DateTime<Utc>>) -> ApiKey {
    let key = ApiKey::generate(environment);
    let new = NewKey {
        tenant: seed::TENANT_ID,
        id: KeyId(Uuid::now_v7()),
        key: &key,
        name: "test",
        scopes: Scope::ALL.to_vec(),
        expires_at,
    };
    api_keys::issue(&server.pool, &new).await.unwrap();
    key
}

/// The key with its last character another: the checksum no longer fits.
fn mistyped(key: &ApiKey) -> String {
    let mut text = key.reveal().to_owned();
    let last = text.pop().unwrap();
    text.push(if last == 'a' { 'b' } else { 'a' });
    text
}

fn assert_same_refusal(reply: &Reply, expected: &Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}");
    assert!(reply.body.is_empty(), "{what}");
    assert!(reply.header("www-authenticate").is_some(), "{what}");
    assert_eq!(constant(&reply.headers), constant(&expected.headers), "{what}");
}

/// The headers that may not differ.
fn constant(headers: &HeaderMap) -> Vec<(&HeaderName, &str)> {
    let mut constant: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !["date", "x-correlation-id"].contains(&name.as_str()))
        .map(|(name, value)| (name, value.to_str().unwrap()))
        .collect();
    constant.sort_by_key(|(name, _)| name.as_str());
    constant
}
